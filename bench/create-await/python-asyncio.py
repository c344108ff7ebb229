# Create a task that suspends once and await it; then the next.
import asyncio

from measure import measure_asyncio


async def child():
    await asyncio.sleep(0)


async def main(n):
    for _ in range(n):
        await asyncio.create_task(child())


measure_asyncio(main)
