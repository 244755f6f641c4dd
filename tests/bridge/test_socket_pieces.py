"""Over real sockets: however much comes at once, all of it is answered in order, and little of it waits as objects."""

import asyncio
import json

from actors.bridge.rest.connections import PIECE_BYTES
from tests.bridge.socket_client import bare, connected, node

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MANY = 300
SMALLEST_FRAME = 6


def ping_operation(number):
    text = json.dumps({"op": "ping", "id": number}).encode()
    return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text


async def pongs(reader, count):
    """Return the ids of the next answers; their frames carry no length above 125."""
    found = []
    async with asyncio.timeout(60):
        while len(found) < count:
            _, size = await reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2))
            told = json.loads(await reader.readexactly(size))
            if told["type"] == "pong":
                found.append(told["id"])
    return found


async def test_operations_that_come_at_once_are_answered_in_order():
    together = b"".join(map(ping_operation, range(1, MANY + 1)))
    assert len(together) > 4 * PIECE_BYTES
    async with node(operations_burst=2 * MANY) as served, bare(served.port) as client:
        await client.message("hello")
        client.writer.write(together)

        assert await pongs(client.reader, MANY) == list(range(1, MANY + 1))


async def test_what_comes_with_the_handshake_is_answered():
    together = b"".join(map(ping_operation, range(1, MANY + 1)))
    async with node(operations_burst=2 * MANY) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(HANDSHAKE + together)
        await reader.readuntil(b"\r\n\r\n")

        assert await pongs(reader, MANY) == list(range(1, MANY + 1))
        writer.close()


async def test_a_biggest_message_arrives_whole():
    async with node(max_message_bytes=65_536) as served, connected(served.port) as client:
        padded = await client.ask("ping", t="x" * 65_000)

    assert padded["code"] == "validation"  # read to its end and understood


async def test_a_flood_waits_as_bytes_and_not_as_objects():
    waiting = []
    async with node(operations_per_s=1_000_000, operations_burst=1_000_000) as served, bare(served.port) as client:
        await client.message("hello")
        (ws,) = served.view._sockets
        client.writer.write(b"\x89\x80\0\0\0\0" * 20_000)
        async with asyncio.timeout(60):
            for _ in range(20_000):
                assert (await client.frame())[0] == 10
                waiting.append(len(ws._reader._buffer))

    assert max(waiting) <= 2 * PIECE_BYTES / SMALLEST_FRAME
