# Fibonacci by coroutines that call each other and never suspend: the cost of one call.
from calls import measure_calls


async def fibonacci(n):
    if n <= 1:
        return n
    return await fibonacci(n - 1) + await fibonacci(n - 2)


measure_calls(fibonacci)
