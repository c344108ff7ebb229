# Schedule a timer and cancel it, with a turn of the loop after every 1,000 pairs.
import asyncio

from measure import measure_asyncio


def nothing():
    pass


async def main(n):
    loop = asyncio.get_running_loop()
    for i in range(1, n + 1):
        loop.call_later(10, nothing).cancel()
        if i % 1000 == 0:
            await asyncio.sleep(0)


measure_asyncio(main)
