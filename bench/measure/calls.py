"""pyperformance's coroutines benchmark; the counterpart of calls.js."""

from measure import measure_asyncio


def measure_calls(fibonacci):
    """Measures fibonacci(k), which must call itself for every number down to 0 and 1."""

    async def main(n):
        k, number = _largest(n)
        assert await fibonacci(k) == number

    measure_asyncio(main)


def _largest(n):
    """The largest number of Fibonacci that takes at most n calls."""
    k, number, following = 0, 0, 1
    # Number k takes 2 × (number k + 1) - 1 calls.
    while 2 * (number + following) - 1 <= n:
        k, number, following = k + 1, following, number + following
    return k, number
