"""A TCP proxy that is a bad line: it cuts, stalls, loses bytes, and loses whole frames of a WebSocket."""

import asyncio
from contextlib import asynccontextmanager


class BadLine:
    """Forwards to one port; what happens to the bytes on their way is the test's decision."""

    def __init__(self, port):
        self._to = port
        self._links = set()
        self._tasks = set()
        self._open = asyncio.Event()
        self._open.set()
        self.port = 0
        self.connections = 0
        self.is_refusing = False
        self.refused = 0
        self.bytes_to_lose = 0
        """Of what the node sends, from now on."""
        self.loses = None
        """Given the payload of a frame of the node, whether it is lost; None: frames are not looked at."""
        self.lost = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def cut(self):
        """End every connection in the middle of whatever it does."""
        for writer in list(self._links):
            writer.transport.abort()

    def stall(self):
        """Let nothing of the node through."""
        self._open.clear()

    def flow(self):
        """Let everything through again."""
        self._open.set()

    async def serve(self, reader, writer):
        """Take one connection."""
        if self.is_refusing:
            self.refused += 1
            writer.transport.abort()
            return
        self.connections += 1
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, to_writer}
        self._links |= pair
        works = [asyncio.create_task(self._up(reader, to_writer)), asyncio.create_task(self._down(to_reader, writer))]
        self._tasks |= set(works)
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._links -= pair
            for one in works:
                one.cancel()
            for one in pair:
                one.transport.abort()

    async def _up(self, reader, writer):
        while data := await reader.read(65_536):
            writer.write(data)

    async def _down(self, reader, writer):
        frames = Frames()
        while data := await reader.read(65_536):
            await self._open.wait()
            kept = b"".join(piece for piece, payload in frames.feed(data) if not self._is_lost(payload))
            lost = min(len(kept), self.bytes_to_lose)
            self.bytes_to_lose -= lost
            self.lost += lost
            writer.write(kept[lost:])

    def _is_lost(self, payload):
        is_lost = payload is not None and self.loses is not None and self.loses(payload)
        self.lost += is_lost
        return is_lost


class Frames:
    """Cuts what a server sends into the head of HTTP and, after an upgrade, frames of a WebSocket."""

    def __init__(self):
        self._data = b""
        self._next = self._head

    def feed(self, data):
        """Yield (bytes, payload) of whatever is whole; only frames have a payload."""
        self._data += data
        while (piece := self._next()) is not None:
            yield piece

    def _head(self):
        head, mark, rest = self._data.partition(b"\r\n\r\n")
        if not mark:
            return None
        self._data = rest
        self._next = self._frame if head.startswith(b"HTTP/1.1 101") else self._rest
        return head + mark, None

    def _rest(self):
        rest, self._data = self._data, b""
        return (rest, None) if rest else None

    def _frame(self):
        if len(self._data) < 2:
            return None
        width = {126: 2, 127: 8}.get(self._data[1], 0)
        size = int.from_bytes(self._data[2 : 2 + width]) if width else self._data[1]
        start = 2 + width
        if len(self._data) < start + size:
            return None
        frame, self._data = self._data[: start + size], self._data[start + size :]
        return frame, frame[start:]


@asynccontextmanager
async def bad_line(port):
    """Open a line to `port` for the length of the block."""
    line = BadLine(port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.cut()
        line.flow()
        for task in line._tasks:
            task.cancel()
        await asyncio.gather(*line._tasks, return_exceptions=True)
