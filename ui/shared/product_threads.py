"""The number of threads that compute NumPy's matrix products, which all runs of this process share."""

from __future__ import annotations

from typing import cast

import numpy as np  # noqa: F401  (loads the library whose threads are set)
from streamlit import runtime
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY, GaugeStat
from threadpoolctl import ThreadpoolController


class ProductThreads:
    """The threads of the BLAS library.

    most: how many it starts with: one for each core, unless OPENBLAS_NUM_THREADS asks for fewer
    """

    def __init__(self) -> None:
        self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
        self.most = max((library.num_threads for library in self._libraries), default=1)

    def use(self, count: int) -> None:
        """Compute products with this many threads from now on."""
        for library in self._libraries:
            library.set_num_threads(count)

    def share(self) -> int:
        """The threads for one long run: the cores, shared among the open pages."""
        return max(1, self.most // max(1, open_pages()))


PRODUCT_THREADS = ProductThreads()
"""The threads of this process. Short runs take one: two save 10 ms of a run of 128 tokens on an idle machine, but when
four visitors run it at once, each run takes five times the processor's time, most of it spent waiting."""


def open_pages() -> int:
    """How many pages are connected to this server."""
    if not runtime.exists():
        return 1
    stats = runtime.get_instance().stats_mgr.get_stats([ACTIVE_SESSIONS_FAMILY])
    return sum(cast(GaugeStat, sessions).value for sessions in stats[ACTIVE_SESSIONS_FAMILY])
