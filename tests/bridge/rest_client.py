"""A node's REST interface on a real socket, and a client that holds every answer against the contract."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator

from actors.bridge.context import Context
from actors.bridge.contract import document
from actors.bridge.server import Server, build_app

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
        check_answer(method, str(path), answered)
        return answered


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
        return await asyncio.wait_for(one_answer(reader), 5.0)
    finally:
        writer.close()


@asynccontextmanager
async def serving(context: Context, view: Any = no_websocket, **options: Any) -> AsyncIterator[RestClient]:
    """Serve `context` on a free port for the length of the block."""
    app = build_app(context, view, **options)
    async with TestClient(TestServer(app)) as client:
        yield RestClient(client)


def check_answer(method: str, path: str, answered: Answered) -> None:
    """Hold one answer against the contract: known status, declared media type, body of its schema."""
    assert answered.headers.get("X-Request-ID"), f"{method} {path}: no X-Request-ID"
    if answered.status >= 400:
        assert answered.media_type == PROBLEM, f"{method} {path}: {answered.status} as {answered.media_type}"
        if method != "HEAD":
            problem = answered.json()
            _validate("Problem", problem)
            assert (problem["status"], problem["request_id"]) == (answered.status, answered.headers["X-Request-ID"])
        return
    operation = _operation(method, path)
    if answered.status == 200 and operation is not None and method != "HEAD":
        media = operation["responses"]["200"]["content"]
        assert answered.media_type in media, f"{method} {path}: {answered.media_type} is not in the contract"
        if answered.media_type == "application/json" and (schema := media[answered.media_type]["schema"]):
            _validate(schema["$ref"].rpartition("/")[2], answered.json())


def _operation(method: str, path: str) -> dict[str, Any] | None:
    bare = path.partition("?")[0]
    for template, operations in contract()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), bare):
            return operations.get("get" if method == "HEAD" else method.lower())
    return None


def _validate(name: str, body: Any) -> None:
    _validator(name).validate(body)


@cache
def contract() -> dict[str, Any]:
    return document()


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": contract()["components"]})
