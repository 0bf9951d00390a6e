"""Progress of a download, for a terminal or for a page."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attention_core.checkpoint import Progress


def bar_for(file: str, progress: "Progress | None") -> type[Any] | None:
    """A progress bar class that tells `progress` instead of the terminal; None for the terminal's own."""
    if progress is None:
        return None
    from tqdm import tqdm

    tell = progress

    class Told(tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            moved: bool | None = super().update(n)
            tell(file, int(self.n), int(self.total or 0))
            return moved

        def display(self, *args: Any, **kwargs: Any) -> None:
            """Draw nothing: the page draws."""

    return Told
