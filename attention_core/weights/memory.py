"""The memory that the weights of all models may take, and how much of it is taken."""

import os
import re
import threading
from pathlib import Path
from weakref import WeakKeyDictionary

from attention_core.errors import SettingError

SETTING = "ATTENTION_LAB_MEMORY"
SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*(?:([KMGT])(I?)B?|B)?", re.IGNORECASE | re.ASCII)
POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
DEFAULT_SHARE = 0.5  # of the machine's memory, where the environment variable is not set
DEFAULT_MACHINE = 8 << 30  # bytes, where the system does not report its memory
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


class MemoryBudget:
    """Memory shared among owners; what an owner has taken is free again once it is garbage collected."""

    def __init__(self) -> None:
        self._taken: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def take(self, size: int, owner: object) -> bool:
        """Take `size` bytes for as long as the owner lives; False when they do not fit."""
        with self._lock:
            fits = sum(self._taken.values()) + size <= limit()
            if fits:
                self._taken[owner] = size
        return fits


WEIGHT_MEMORY = MemoryBudget()
"""The memory of all weights."""


def limit() -> int:
    """How many bytes of weights may be in memory: as the environment says, else a share of the machine's memory."""
    setting = os.environ.get(SETTING, "").strip()
    return parse_size(setting) if setting else int(DEFAULT_SHARE * machine_memory())


def parse_size(text: str) -> int:
    """Bytes from "2GB", "512 MiB" or "0"; SettingError for anything else.

    KB, MB, GB and TB are powers of 1000; KiB, MiB, GiB and TiB of 1024
    """
    found = SIZE.fullmatch(text.strip())
    if not found:
        raise SettingError(
            f"{SETTING} = {text!r} is not an amount of memory. Write a number and a unit, such as 512MB or 2GB."
        )
    number, unit, binary = found.groups(default="")
    return int(float(number) * (1024 if binary else 1000) ** POWERS[unit.upper()])


def machine_memory() -> int:
    """The bytes of memory of this machine, or of the container it runs in."""
    try:
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        physical = DEFAULT_MACHINE
    try:
        return min(physical, int(CONTAINER_LIMIT.read_text()))
    except (OSError, ValueError):  # not in a container, or in one without a limit
        return physical
