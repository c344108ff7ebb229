# `await asyncio.sleep(0)`: give every other ready task its turn. One task, or BENCH_TASKS of them.
import asyncio

from measure import measure_asyncio, parameter

tasks = parameter("TASKS", 1)


async def switches(count):
    for _ in range(count):
        await asyncio.sleep(0)


async def main(n):
    share = n // tasks
    if tasks == 1:
        await switches(share)
    else:
        await asyncio.gather(*(switches(share) for _ in range(tasks)))


measure_asyncio(main)
