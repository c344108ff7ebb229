# Start n tasks at once, each of which suspends once, and gather their results.
import asyncio

from measure import measure_asyncio


async def child(i):
    await asyncio.sleep(0)
    return i


async def main(n):
    results = await asyncio.gather(*(child(i) for i in range(n)))
    assert len(results) == n


measure_asyncio(main)
