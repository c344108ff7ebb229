import asyncio

async def main():
    # One lock for all: no faster than one after the other.
    counts = await asyncio.gather(
        asyncio.to_thread(count_primes, 0, 1_000_000),
        asyncio.to_thread(count_primes, 1_000_000, 2_000_000),
    )
    print(" + ".join(map(str, counts)), "primes")
    try:
        async with asyncio.timeout(0.1):
            await asyncio.to_thread(endless)
    except TimeoutError:
        print("given up, but the thread computes for ever:")
        print("the program cannot end before it")
