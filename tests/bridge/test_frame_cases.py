"""The public cases of WebSocket frames, sent to our server and to a bare one of the same library: no difference."""

import asyncio
import struct
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from tests.bridge.frame_cases import CLOSE, PING, PONG, SECTIONS, frame
from tests.bridge.socket_client import node

ASKED = b"still there?"
AT_ONCE = 16
GENEROUS = {"operations_per_s": 10_000, "operations_burst": 10_000, "max_concurrent_connections": 1_000}


async def bare(request):
    """The library alone, with the same limits."""
    ws = web.WebSocketResponse(max_msg_size=65_537, compress=False, timeout=0.3)
    await ws.prepare(request)
    async for message in ws:
        if message.type is WSMsgType.TEXT:
            await ws.send_str("heard")
    return ws


@asynccontextmanager
async def library():
    app = web.Application()
    app.router.add_get("/ws", bare)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def read_frame(reader):
    """Return opcode and payload of the next frame of a server."""
    first, size = await reader.readexactly(2)
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", await reader.readexactly(8))
    return first & 15, await reader.readexactly(size)


async def verdict(reader):
    """Return what became of a connection: open, closed with a code, or cut."""
    try:
        while True:
            opcode, payload = await read_frame(reader)
            if opcode == CLOSE:
                return f"closed {struct.unpack('!H', payload[:2])[0] if payload else None}"
            if (opcode, payload) == (PONG, ASKED):
                return "open"
    except (asyncio.IncompleteReadError, ConnectionError):
        return "cut"


async def outcome(port, case):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    judged = asyncio.create_task(verdict(reader))
    try:
        for data in (*case.writes, frame(PING, ASKED)):
            writer.write(data)
            await writer.drain()
            if len(case.writes) > 1:
                await asyncio.sleep(0)  # each write is a segment of its own
    except ConnectionError:
        pass  # closed while it still had to say something: the verdict tells with what
    async with asyncio.timeout(60):
        found = await judged
    writer.transport.abort()
    return found


@pytest.mark.parametrize("section", SECTIONS)
async def test_no_difference_to_the_library(section):
    cases = SECTIONS[section]()
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(port, case):
        async with turns:
            return await outcome(port, case)

    async with node(**GENEROUS) as served, library() as port:
        ours = await asyncio.gather(*(one(served.port, case) for case in cases))
        theirs = await asyncio.gather(*(one(port, case) for case in cases))

    different = [(case.name, a, b) for case, a, b in zip(cases, ours, theirs, strict=True) if a != b]
    assert different == []
    assert {"open"} != set(theirs) or section in {"pings", "floods"}
