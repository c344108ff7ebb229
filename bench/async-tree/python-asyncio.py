# A tree of tasks, each of which waits for its six: gathered, or in a group; eager, or not.
import asyncio

from measure import note
from tree import BRANCHES, EAGER, GROUP, IO, do_leaf, measure_tree

HAS_EAGER_TASKS = hasattr(asyncio, "eager_task_factory")


async def call_io():
    await asyncio.sleep(IO)


async def leaf():
    if do_leaf():
        await call_io()


async def gathered(level):
    if level == 0:
        await leaf()
        return
    await asyncio.gather(*[gathered(level - 1) for _ in range(BRANCHES)])


async def grouped(level):
    if level == 0:
        await leaf()
        return
    async with asyncio.TaskGroup() as group:
        for _ in range(BRANCHES):
            group.create_task(grouped(level - 1))


async def main(levels):
    if EAGER and HAS_EAGER_TASKS:
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await (grouped if GROUP else gathered)(levels)


if EAGER and not HAS_EAGER_TASKS:
    note("not eager: that came with Python 3.12")
measure_tree(main)
