# The same on asyncio's streams (with --uvloop, on uvloop's loop).
import asyncio

from certificate import client_context, server_context
from measure import measure_asyncio

PIECE = 10 * 1024 * 1024


async def transfer(n):
    pieces = max(1, n // 10)
    data = b"x" * PIECE

    async def serve(_reader, writer):
        for _ in range(pieces):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context())
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client_context())
        count = 0
        while came := await reader.read(PIECE):
            count += len(came)
        writer.close()
        await writer.wait_closed()
    assert count == pieces * PIECE


measure_asyncio(transfer)
