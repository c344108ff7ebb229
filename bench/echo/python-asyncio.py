# A TCP echo server on asyncio's streams, or with BENCH_WORKLOAD=protocols on a protocol; with
# BENCH_TLS=1 over TLS (with --uvloop, on uvloop's loop). Prints its port; ends by itself after
# BENCH_LIFETIME seconds.
import asyncio
import os
import signal

from certificate import server_context
from measure import parameter, run_asyncio


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main():
    context = server_context()
    if os.environ.get("BENCH_WORKLOAD") == "protocols":
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Echo, "127.0.0.1", 0, ssl=context)
    else:
        server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


signal.alarm(parameter("LIFETIME", 60))
run_asyncio(main())
