# Cancel n sleeping tasks and wait until all have ended. Only that is timed.
import asyncio
from time import perf_counter

from measure import measure_asyncio

asleep = 0


async def sleeper():
    global asleep
    asleep += 1
    await asyncio.sleep(3600)


async def main(n):
    global asleep
    asleep = 0
    tasks = [asyncio.create_task(sleeper()) for _ in range(n)]
    while asleep < n:
        await asyncio.sleep(0.01)
    start = perf_counter()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    took = perf_counter() - start
    assert all(task.cancelled() for task in tasks)
    return took


measure_asyncio(main)
