"""Work in the background, while the pages stay responsive."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class BackgroundTask:
    """Work in its own thread, which checks `stopping` and ends when it is set."""

    _thread: threading.Thread | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether a stop was requested."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Request a stop."""
        self._stopped.set()

    def run(self, work: Callable[[], None]) -> None:
        """Start the work."""
        self._stopped.clear()
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
