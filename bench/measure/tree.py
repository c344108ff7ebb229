"""The tree of tasks of pyperformance's async_tree benchmarks; the counterpart of tree.js, with the
same rules and the same dice."""

import math
import os
from time import perf_counter

from measure import measure_asyncio, note, parameter

BRANCHES = 6

# Seconds of a leaf's input or output.
IO = 0.05

EAGER = parameter("EAGER", 0) == 1
GROUP = parameter("GROUP", 0) == 1

_WORKLOAD = os.environ.get("BENCH_WORKLOAD", "none")
_FACTORIAL_OF = 500
_MEMOIZABLE = 90
_CPU_SHARE = 0.5


def measure_tree(body):
    """Measures a coroutine function body(levels), which runs a tree and waits for all of it."""
    if _WORKLOAD == "cpu-io":
        note(f"one factorial of {_FACTORIAL_OF} takes {_time_factorial():.1f} µs")
    dice = _throw_dice(_leaves_of(parameter("N", 55_986)))

    async def main(n):
        leaves = _Leaves(dice)
        _current[0] = leaves
        await body(_levels_of(n))
        assert leaves.came == _leaves_of(n)

    measure_asyncio(main)


def do_leaf():
    """What the next leaf does without waiting. True if it then waits for input or output."""
    return _current[0].next()


_current = [None]


class _Leaves:
    def __init__(self, dice):
        self.came = 0
        self.coins, self.keys = dice
        self.cache = {}

    def next(self):
        i = self.came
        self.came = i + 1
        if _WORKLOAD == "none":
            return False
        if _WORKLOAD == "io":
            return True
        if _WORKLOAD == "cpu-io" and self.coins[i] < _CPU_SHARE:
            math.factorial(_FACTORIAL_OF)
            return False
        key = self.keys[i]
        if key > _MEMOIZABLE:
            return True
        if self.cache.get(key):
            return False
        self.cache[key] = True
        return True


def _levels_of(n):
    """The levels of the largest tree of at most n tasks, at least one."""
    levels, tasks = 1, BRANCHES
    while True:
        tasks += BRANCHES ** (levels + 1)
        if tasks > n:
            return levels
        levels += 1


def _leaves_of(n):
    return BRANCHES ** _levels_of(n)


def _throw_dice(count):
    """For each leaf a number in [0, 1) and one of 1 to 100."""
    state = 1
    coins, keys = [], []
    for _ in range(count):
        state = state * 48_271 % 2_147_483_647
        coins.append(state / 2_147_483_647)
        state = state * 48_271 % 2_147_483_647
        keys.append(1 + state % 100)
    return coins, keys


def _time_factorial():
    best = math.inf
    for _ in range(20):
        start = perf_counter()
        for _ in range(200):
            math.factorial(_FACTORIAL_OF)
        best = min(best, (perf_counter() - start) / 200)
    return best * 1e6
