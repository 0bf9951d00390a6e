"""The progress of a download: bytes, speed and remaining time."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from attention_core.errors import DownloadCancelled

REPORT_EVERY = 0.1  # seconds
SPEED_OVER = 5.0  # seconds over which the speed is averaged


@dataclass(frozen=True)
class Progress:
    """The progress of a download.

    file:        the current file
    done, total: bytes of all files
    speed:       bytes per second, averaged over the last seconds; 0 while nothing arrives
    """

    file: str
    done: int
    total: int
    speed: float

    @property
    def seconds_left(self) -> float | None:
        """The remaining time at this speed; None while nothing arrives."""
        return (self.total - self.done) / self.speed if self.speed else None


Report = Callable[[Progress], bool | None]
"""Called with the progress of a download, up to ten times a second; stops the download by returning False."""


def format_size(size: float) -> str:
    """A number of bytes as kB, MB or GB, to one decimal."""
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if size >= unit), (1e3, "kB"))
    return f"{size / unit:.1f} {name}"


class Meter:
    """Reports the progress of a download of several files, at most every REPORT_EVERY seconds.

    Raises DownloadCancelled when the report returns False.
    """

    def __init__(self, total: int, report: Report | None) -> None:
        self._total, self._report = total, report
        self._before = self._received = 0
        self._last_report = time.monotonic()
        self._samples = deque([(self._last_report, 0)])

    def update(self, file: str, at: int, new: int = 0) -> None:
        """`at` bytes of a file have been downloaded, `new` of them since the last call; reported when it is time."""
        self._received += new
        if time.monotonic() - self._last_report >= REPORT_EVERY:
            self._report_progress(file, at)

    def finish(self, file: str, size: int) -> None:
        """A file is complete."""
        self._report_progress(file, size)
        self._before += size

    def _report_progress(self, file: str, at: int) -> None:
        now = self._last_report = time.monotonic()
        self._samples.append((now, self._received))
        while len(self._samples) > 2 and now - self._samples[1][0] > SPEED_OVER:
            self._samples.popleft()
        since, then = self._samples[0]
        speed = (self._received - then) / (now - since) if now > since else 0.0
        progress = Progress(file, self._before + at, self._total, speed)
        if self._report is not None and self._report(progress) is False:
            raise DownloadCancelled("The download was stopped. What was downloaded is kept.")


def terminal_bar() -> Report:
    """A report that draws a progress bar in the terminal, if there is one."""
    from tqdm import tqdm

    bar = tqdm(unit="B", unit_scale=True, disable=None)

    def draw(progress: Progress) -> None:
        bar.total = progress.total
        bar.set_description(progress.file, refresh=False)
        bar.update(progress.done - bar.n)
        if progress.done == progress.total:
            bar.close()

    return draw
