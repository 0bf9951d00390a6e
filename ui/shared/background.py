"""Work that goes on beside the pages, so that they can be looked at and drawn again meanwhile."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Beside:
    """One piece of work in a thread of its own, which is told to stop and stops when it next asks."""

    _thread: threading.Thread | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether it has been told to stop."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Tell it to stop."""
        self._stopped.set()

    def run(self, work: Callable[[], None]) -> None:
        """Begin the work."""
        self._stopped.clear()
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
