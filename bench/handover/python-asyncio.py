# A job that returns what it is given, n times by a pool of two threads or processes (BENCH_WORKLOAD).
import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from measure import measure_asyncio, parameter

FIRST = 200

at_once = parameter("AT_ONCE", 0)
Pool = ProcessPoolExecutor if parameter("WORKLOAD", "threads") == "processes" else ThreadPoolExecutor


def same(value):
    return value


async def hand_over(n, at_once):
    loop = asyncio.get_running_loop()
    if at_once:
        results = await asyncio.gather(*[loop.run_in_executor(pool, same, i) for i in range(n)])
        assert sum(results) == n * (n - 1) // 2
        return
    total = 0
    for i in range(n):
        total += await loop.run_in_executor(pool, same, i)
    assert total == n * (n - 1) // 2


if __name__ == "__main__":
    with Pool(2) as pool:
        # All workers have started then.
        asyncio.run(hand_over(FIRST, True))
        measure_asyncio(lambda n: hand_over(n, at_once))
