# `await leaf()`: call a coroutine that does not suspend.
from measure import measure_asyncio


async def leaf(i):
    return i


async def main(n):
    total = 0
    for i in range(n):
        total += await leaf(i)
    assert total == n * (n - 1) // 2


measure_asyncio(main)
