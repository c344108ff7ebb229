# A map over items that compute for some 5 ms each, by two workers and by one: threads, of which only
# one at a time runs Python, or processes (BENCH_WORKLOAD).
import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from measure import parameter
from primes import BELOW, PRIMES, count_primes
from speed_up import measure_speed_up

Pool = ProcessPoolExecutor if parameter("WORKLOAD", "threads") == "processes" else ThreadPoolExecutor


async def count(pool, n):
    loop = asyncio.get_running_loop()
    jobs = [loop.run_in_executor(pool, count_primes, BELOW) for _ in range(n)]
    assert await asyncio.gather(*jobs) == [PRIMES] * n


if __name__ == "__main__":
    with Pool(1) as one, Pool(2) as two:
        measure_speed_up(
            lambda n: asyncio.run(count(one, n)),
            lambda n: asyncio.run(count(two, n)),
        )
