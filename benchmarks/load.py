"""A class at one server: the time and the processor's time of an action, compared with a bare page in the same run.

Each visitor acts once a second, or when the answer to the last action is there if that is later: 60 % of the actions
choose a cell, 25 % a head, 15 % a sentence. With --one a single visitor does each kind of action in turn, on all pages.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.actions import BARE, INSPECT, STEP_BY_STEP, WORKED_EXAMPLE, PageActions
from benchmarks.interaction import wait_for_server
from benchmarks.visitor import Visitor, visit

MIX = {"cell": 60, "head": 25, "sentence": 15}
VISITORS = (10, 30, 50, 100)
WARM_UP, SECONDS = 4.0, 20.0
OPENING = 4  # pages opened at a time
CPU_LIMIT = 2.5  # as a multiple of the bare page's
P95_LIMITS = {30: 250, 50: 500}  # visitors -> milliseconds
TICKS = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A Streamlit server in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str

    def cpu(self) -> float:
        """The processor's time that it has used, in milliseconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return 1000 * (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Its resident memory in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000


@contextmanager
def serving(script: Path) -> Iterator[Server]:
    """A server that runs a script, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.address=127.0.0.1"],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_server(port)
        yield Server(process, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


class Measured(NamedTuple):
    """The milliseconds of each answer, the processor's milliseconds for one action, the memory, and the failures."""

    times: list[float]
    cpu: float
    memory: float
    failures: Counter[str]

    @property
    def p95(self) -> float:
        """95 % of the answers took at most this many milliseconds."""
        return statistics.quantiles(self.times, n=20)[-1] if len(self.times) > 1 else float("inf")


async def act_once_a_second(
    visitor: Visitor, page: PageActions, seed: int, until: float, times: list[tuple[float, float]],
    failures: Counter[str],
) -> None:  # fmt: skip
    """Act until a moment; records when each answer was there, and how long it took."""
    chance = random.Random(seed)
    due = time.perf_counter() + chance.random()
    while due < until:
        await asyncio.sleep(due - time.perf_counter())
        (kind,) = chance.choices(list(MIX), list(MIX.values()))
        try:
            took = await page.actions[kind](visitor, chance)
        except Exception as problem:
            failures[f"{kind}: {problem!r}"] += 1
            return  # its page is broken
        times.append((time.perf_counter(), took))
        due = max(due + 1, time.perf_counter())


async def measure_class(server: Server, page: PageActions, count: int) -> Measured:
    """What happens while so many visitors act."""
    gate = asyncio.Semaphore(OPENING)

    async def open_page() -> Visitor:
        async with gate:
            return await visit(server.url, page.name)

    visitors = await asyncio.gather(*(open_page() for _ in range(count)))
    start = time.perf_counter() + WARM_UP
    times: list[tuple[float, float]] = []
    failures: Counter[str] = Counter()
    acting = [
        asyncio.create_task(act_once_a_second(visitor, page, seed, start + SECONDS, times, failures))
        for seed, visitor in enumerate(visitors)
    ]
    await asyncio.sleep(start - time.perf_counter())
    before = server.cpu()
    await asyncio.sleep(start + SECONDS - time.perf_counter())
    used, memory, end = server.cpu() - before, server.memory(), time.perf_counter()
    await asyncio.gather(*acting)
    measured = [took for at, took in times if start <= at <= end]
    for visitor in visitors:
        await visitor.close()
    return Measured(measured, used / max(len(measured), 1), memory, failures)


def compare_classes(counts: list[int]) -> bool:
    """Print a line for each number of visitors and page; returns whether all limits are kept."""
    kept = True
    print("visitors  page     actions/s  median ms   p95 ms  CPU ms  of bare  memory MB  failures")
    for count in counts:
        results = {}
        for name, page in {"bare": BARE, "Inspect": INSPECT}.items():
            with serving(page.script) as server:
                results[name] = found = asyncio.run(measure_class(server, page, count))
            ratio = found.cpu / results["bare"].cpu
            limit = P95_LIMITS.get(count, float("inf")) if page is INSPECT else float("inf")
            fine = ratio <= CPU_LIMIT and found.p95 <= limit and not found.failures
            print(f"{count:8}  {name:8} {len(found.times) / SECONDS:9.1f}  {statistics.median(found.times):9.0f}"
                  f"  {found.p95:7.0f}  {found.cpu:6.1f}  {ratio:7.2f}  {found.memory:9.0f}"
                  f"  {sum(found.failures.values()):8}{'' if fine else '  MISSED'}", flush=True)  # fmt: skip
            for problem, often in found.failures.most_common(3):
                print(f"          {often} × {problem}")
            kept &= fine
    return kept


async def measure_actions(server: Server, page: PageActions, runs: int) -> dict[str, tuple[float, float, float, float]]:
    """For each kind of action of one visitor: the processor's and the median milliseconds, messages and KB."""
    visitor, chance, results = await visit(server.url, page.name), random.Random(1), {}
    for kind, action in page.actions.items():
        for _ in range(3):
            await action(visitor, chance)
        await asyncio.sleep(0.3)
        before, (messages, size), times = server.cpu(), visitor.received, []
        for _ in range(runs):
            times.append(await action(visitor, chance))
        await asyncio.sleep(0.1)
        results[kind] = (
            (server.cpu() - before) / runs, statistics.median(times), (visitor.received[0] - messages) / runs,
            (visitor.received[1] - size) / runs / 1000,
        )  # fmt: skip
    await visitor.close()
    return results


def compare_actions(runs: int) -> None:
    """Print a line for each kind of action on each page, with one visitor."""
    print("page            action     CPU ms  of bare  median ms  messages      KB")
    bare = 0.0
    pages = {"bare": BARE, "Inspect": INSPECT, "Step by step": STEP_BY_STEP, "Worked example": WORKED_EXAMPLE}
    for name, page in pages.items():
        with serving(page.script) as server:
            results = asyncio.run(measure_actions(server, page, runs))
        mixed = sum(share * results[kind][0] for kind, share in MIX.items() if kind in results) / sum(MIX.values())
        bare = bare or mixed
        for kind, (cpu, took, messages, size) in results.items():
            print(f"{name:15} {kind:9} {cpu:7.1f}  {cpu / bare:7.2f}  {took:9.1f}  {messages:8.0f}  {size:6.1f}",
                  flush=True)  # fmt: skip
        if mixed and page in (BARE, INSPECT):
            print(f"{name:15} mixed     {mixed:7.1f}  {mixed / bare:7.2f}")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--one", action="store_true", help="one visitor, each kind of action in turn")
    options.add_argument("--runs", type=int, default=40, help="actions of each kind with --one")
    options.add_argument("visitors", type=int, nargs="*", default=VISITORS)
    chosen = options.parse_args()
    if chosen.one:
        compare_actions(chosen.runs)
        return 0
    return not compare_classes(chosen.visitors)


if __name__ == "__main__":
    sys.exit(main())
