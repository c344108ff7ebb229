# One task puts n items into a queue, another gets them. BENCH_MAXSIZE is the room in the queue.
import asyncio

from measure import measure_asyncio, parameter

maxsize = parameter("MAXSIZE", 1)


async def consume(queue, count):
    total = 0
    for _ in range(count):
        total += await queue.get()
    return total


async def main(n):
    queue = asyncio.Queue(maxsize)
    consumer = asyncio.create_task(consume(queue, n))
    for i in range(n):
        await queue.put(i)
    assert await consumer == n * (n - 1) // 2


measure_asyncio(main)
