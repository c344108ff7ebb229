# A TCP echo server on asyncio's streams (with --uvloop, on uvloop's loop). Prints its port; ends by
# itself after BENCH_LIFETIME seconds.
import asyncio
import signal

from measure import parameter, run_asyncio


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


signal.alarm(parameter("LIFETIME", 60))
run_asyncio(main())
