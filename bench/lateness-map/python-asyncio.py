# The same by run_in_executor: threads, of which only one at a time runs Python, the loop's among them.
import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from measure import emit, note, parameter
from primes import BELOW, PRIMES, count_primes

async def feed(pool, end):
    loop = asyncio.get_running_loop()
    count = 0
    while perf_counter() < end:
        assert await loop.run_in_executor(pool, count_primes, BELOW) == PRIMES
        count += 1
    return count


async def sleeps(delays, end):
    while perf_counter() < end:
        due = perf_counter() + 0.001
        await asyncio.sleep(0.001)
        delays.append(max(0.0, perf_counter() - due) * 1000)


async def main():
    threads = os.cpu_count()
    delays = []
    with ThreadPoolExecutor(threads) as pool:
        end = perf_counter() + parameter("SECONDS", 1.0)
        feeds = asyncio.gather(*[feed(pool, end) for _ in range(2 * threads)])
        await sleeps(delays, end)
        items = sum(await feeds)
    delays.sort()
    p99 = delays[int(len(delays) * 0.99)]
    note(f"p99 {p99:.1f} ms of {len(delays)} sleeps; {items} items computed meanwhile")
    emit(len(delays), delays[-1], late=delays[-1])


asyncio.run(main())
