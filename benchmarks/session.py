"""The memory of a server whose only visitor acts some thousand times: the last actions add nearly nothing.

The first actions fill the caches that all visitors share, which are bounded. Each action after that may leave at most
LIMIT bytes.
"""

import argparse
import asyncio
import random
import sys

from benchmarks.actions import INSPECT
from benchmarks.load import MIX, Server, serving
from benchmarks.visitor import visit

ACTIONS, PART = 6000, 500
LIMIT = 3000  # bytes for each action of the last third; the allocator's own steps are of a megabyte


async def act(server: Server, count: int) -> list[float]:
    """The server's memory in MB, at first and after each part of the actions."""
    visitor, chance = await visit(server.url, INSPECT.name), random.Random(1)
    memory = [server.memory()]
    for i in range(1, count + 1):
        (kind,) = chance.choices(list(MIX), list(MIX.values()))
        await INSPECT.actions[kind](visitor, chance)
        if not i % PART:
            memory.append(server.memory())
            print(f"{i:6} actions: {memory[-1]:6.1f} MB", flush=True)
    await visitor.close()
    return memory


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("actions", type=int, nargs="?", default=ACTIONS)
    count = options.parse_args().actions
    with serving(INSPECT.script) as server:
        memory = asyncio.run(act(server, count))
    last = max(1, len(memory) // 3)
    grown = 1e6 * (memory[-1] - memory[-1 - last]) / (last * PART)
    print(f"{grown:.0f} bytes for each of the last {last * PART} actions (limit {LIMIT})")
    return grown > LIMIT


if __name__ == "__main__":
    sys.exit(main())
