"""How much memory the trained numbers of all models may take, and how much of it is taken."""

import os
import re
import threading
from pathlib import Path
from weakref import WeakKeyDictionary

from attention_core.errors import SettingError

SETTING = "ATTENTION_LAB_MEMORY"
AMOUNT = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*(?:([KMGT])(I?)B?|B)?", re.IGNORECASE | re.ASCII)
POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
SHARE = 0.5  # of the machine's memory, when nothing else is said
UNKNOWN = 8 << 30  # bytes, where a machine does not say how much it has
CONTAINER = Path("/sys/fs/cgroup/memory.max")


class Memory:
    """An amount of memory that several share: what one of them has taken is free again when it is no more."""

    def __init__(self) -> None:
        self._taken: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def take(self, size: int, owner: object) -> bool:
        """Take so many bytes for as long as the owner lives, if they are still there."""
        with self._lock:
            fits = sum(self._taken.values()) + size <= limit()
            if fits:
                self._taken[owner] = size
        return fits


KEPT = Memory()
"""The memory of the trained numbers that are kept."""


def limit() -> int:
    """How many bytes of trained numbers are kept: what the environment says, else a share of the machine's memory."""
    said = os.environ.get(SETTING, "").strip()
    return amount(said) if said else int(SHARE * machine())


def amount(text: str) -> int:
    """Bytes from "2GB", "512 MiB" or "0"; SettingError for anything else.

    KB, MB, GB and TB are powers of 1000; KiB, MiB, GiB and TiB of 1024
    """
    found = AMOUNT.fullmatch(text.strip())
    if not found:
        raise SettingError(
            f"{SETTING} = {text!r} is no amount of memory. Write a number and its unit, such as 512MB or 2GB."
        )
    number, unit, binary = found.groups(default="")
    return int(float(number) * (1024 if binary else 1000) ** POWERS[unit.upper()])


def machine() -> int:
    """The bytes of memory of this machine, or of the container that this runs in."""
    try:
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        physical = UNKNOWN
    try:
        return min(physical, int(CONTAINER.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return physical
