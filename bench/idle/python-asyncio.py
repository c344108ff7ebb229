# The same on asyncio's streams (with --uvloop, on uvloop's loop). Prints its port; ends by itself after
# BENCH_LIFETIME seconds.
import asyncio
import gc
import signal

from measure import parameter, run_asyncio
from memory import raise_descriptor_limit


async def answer(reader, writer):
    while data := await reader.read(1):
        if data == b"g":
            gc.collect()
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


raise_descriptor_limit()
signal.alarm(parameter("LIFETIME", 60))
run_asyncio(main())
