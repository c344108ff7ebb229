# Resident bytes for each of n tasks that are asleep.
import asyncio

from measure import run_asyncio
from memory import Memory

asleep = 0


async def sleeper():
    global asleep
    asleep += 1
    await asyncio.sleep(3600)


async def main():
    memory = Memory()
    tasks = [asyncio.create_task(sleeper()) for _ in range(memory.n)]
    while asleep < memory.n:
        await asyncio.sleep(0.01)
    memory.finish(tasks)


run_asyncio(main())
