"""How far a download is: bytes, speed and the time that is left."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from attention_core.errors import DownloadCancelled

REPORT_EVERY = 0.1  # seconds
SPEED_OVER = 5.0  # seconds that the speed is an average of


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    file:        the one that is being fetched
    done, total: bytes of the whole model
    speed:       bytes a second, over the last seconds; 0 when nothing comes
    """

    file: str
    done: int
    total: int
    speed: float

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this speed; None when nothing comes."""
        return (self.total - self.done) / self.speed if self.speed else None


Report = Callable[[Progress], bool | None]
"""Told how far a download is, some times a second; it stops the download by returning False."""


def amount(size: float) -> str:
    """A number of bytes in kB, MB or GB, to one decimal."""
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if size >= unit), (1e3, "kB"))
    return f"{size / unit:.1f} {name}"


class Meter:
    """Tells how far a download of several files is, not too often.

    Raises DownloadCancelled when it is told to stop.
    """

    def __init__(self, total: int, report: Report | None) -> None:
        self._total, self._report = total, report
        self._before = self._received = 0
        self._told = time.monotonic()
        self._samples = deque([(self._told, 0)])

    def tell(self, file: str, at: int, new: int = 0) -> None:
        """`at` bytes of a file are there, `new` of them since the last call; told when it is time."""
        self._received += new
        if time.monotonic() - self._told >= REPORT_EVERY:
            self._tell(file, at)

    def finish(self, file: str, size: int) -> None:
        """A file is there as a whole."""
        self._tell(file, size)
        self._before += size

    def _tell(self, file: str, at: int) -> None:
        now = self._told = time.monotonic()
        self._samples.append((now, self._received))
        while len(self._samples) > 2 and now - self._samples[1][0] > SPEED_OVER:
            self._samples.popleft()
        since, then = self._samples[0]
        speed = (self._received - then) / (now - since) if now > since else 0.0
        progress = Progress(file, self._before + at, self._total, speed)
        if self._report is not None and self._report(progress) is False:
            raise DownloadCancelled("The download was stopped. What has arrived is kept.")


def in_terminal() -> Report:
    """A report that draws a bar in the terminal, where there is one."""
    from tqdm import tqdm

    bar = tqdm(unit="B", unit_scale=True, disable=None)

    def draw(progress: Progress) -> None:
        bar.total = progress.total
        bar.set_description(progress.file, refresh=False)
        bar.update(progress.done - bar.n)
        if progress.done == progress.total:
            bar.close()

    return draw
