"""A node's REST interface on a real socket, and a client that holds every answer against the contract."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from actors.bridge.context import Context
from actors.bridge.rest.connections import Runner
from actors.bridge.server import Server, build_app
from tests.contract_check import check_answer

PROBLEM = "application/problem+json"


class Answered:
    """One answer, read to its end."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def media_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return self.json()["code"]


class RestClient:
    """Asks, and fails the test when an answer is not what the contract promises."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self._client = client
        self.port = client.port

    async def get(self, path: str, **options: Any) -> Answered:
        return await self.ask("GET", path, **options)

    async def ask(self, method: str, path: str, **options: Any) -> Answered:
        async with self._client.request(method, path, allow_redirects=False, **options) as response:
            answered = Answered(response.status, response.headers, await response.read())
        check_answer(method, path, answered.status, answered.headers, answered.body)
        return answered


class ServedAsInANode(TestServer):
    """A server whose connections are those of a node: they too have answers."""

    async def _make_runner(self, **options: Any) -> Runner:
        return Runner(self.app, **options)


async def one_answer(reader: asyncio.StreamReader) -> bytes:
    """Read one answer, its body by its announced length."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as e:
        return e.partial
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


async def no_websocket(request: web.Request) -> web.StreamResponse:
    return web.Response(status=426)


@asynccontextmanager
async def listening(context: Context, view: Any = no_websocket) -> AsyncIterator[Server]:
    """Run the whole server on free ports for the length of the block."""
    server = Server(context, view)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def raw_answer(port: int, request: bytes) -> bytes:
    """Send bytes as they are; return the first answer, or what came before the server closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await asyncio.wait_for(one_answer(reader), 30.0)
    finally:
        writer.close()


@asynccontextmanager
async def serving(context: Context, view: Any = no_websocket, **options: Any) -> AsyncIterator[RestClient]:
    """Serve `context` on a free port for the length of the block."""
    app = build_app(context, view, **options)
    async with TestClient(ServedAsInANode(app)) as client:
        yield RestClient(client)
