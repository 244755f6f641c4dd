"""A served node with users: traders, market, WebSocket with short waits, identity in the hands of the test."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from actors.bridge.account_relay import AccountRelay
from actors.bridge.context import Clock, Context
from actors.bridge.hub import Hub
from actors.bridge.job_relay import JobRelay
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from config.auth import AuthSection
from config.schema import IndicatorsSection, NodeConfig, ServerSection, WebSocketSection
from tests.bridge.fake_identity import ADMIN, TRADER, VIEWER, FakeIdentity
from tests.bridge.fake_jobs import FakeJobs
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import BTC, FakeBars, bar_rows, make_context, quiet_ticks
from tests.bridge.rest_client import Answered
from tests.bridge.socket_client import Client
from tests.contract_check import check_answer

USERS = {"anna": TRADER, "bob": TRADER, "vera": VIEWER, "root": ADMIN}
"""Their tokens are their names; `nora` has a token, and no role."""


class IdentityWorld:
    """A node and who is known to it."""

    def __init__(
        self, server: Server, view: WebSocketView, context: Context, identity: FakeIdentity, http: Any
    ) -> None:
        self.server = server
        self.view = view
        self.context = context
        self.identity = identity
        self.http = http

    @property
    def traders(self) -> FakeTraders:
        traders = self.context.traders
        assert isinstance(traders, FakeTraders)
        return traders

    @property
    def jobs(self) -> FakeJobs:
        jobs = self.context.jobs
        assert isinstance(jobs, FakeJobs)
        return jobs

    @property
    def port(self) -> int:
        return self.server.port

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> Answered:
        """Ask over REST with a token, or without; the answer is held against the contract."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        url = f"http://127.0.0.1:{self.port}{path}"
        data = None if body is None else json.dumps(body)
        async with self.http.request(method, url, headers=sent, data=data, allow_redirects=False) as response:
            answered = Answered(response.status, response.headers, await response.read())
        if path.startswith("/api/"):
            check_answer(method, path.partition("?")[0], answered.status, answered.headers, answered.body)
        return answered

    @asynccontextmanager
    async def socket(
        self, token: str | None = None, *, by: str = "header", query: str = "", protocols: tuple[str, ...] = ()
    ) -> AsyncIterator[Client]:
        """Connect; the token goes by `header`, `subprotocol`, `base64`, or as the first `message`."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None and by == "header" else {}
        if token is not None and by in {"subprotocol", "base64"}:
            text = urlsafe_b64encode(token.encode()).decode().rstrip("=") if by == "base64" else token
            protocols = ("trader.v1", f"base64url.bearer.{text}")
        url = f"http://127.0.0.1:{self.port}/ws{query}"
        async with self.http.ws_connect(url, headers=headers, protocols=protocols) as ws:
            client = Client(ws)
            if "trader.v1.pascal" not in protocols:
                await client.until("hello")
            if token is not None and by == "message":
                await client.ask("auth", token=token)
            yield client


@asynccontextmanager
async def with_users(
    *,
    auth_s: float = 30.0,
    grace_s: float = 0.0,
    clock: Clock | None = None,
    server: dict[str, Any] | None = None,
    indicators: dict[str, int] | None = None,
    **limits: Any,
) -> AsyncIterator[IdentityWorld]:
    """Serve a node with users on a free port for the length of the block."""
    bars, traders, identity = FakeBars(), FakeTraders("anna", "bob", "root"), FakeIdentity()
    bars.put(BTC, "1m", bar_rows(3))
    for name, roles in USERS.items():
        identity.add(name, roles)
    identity.add("nora", ())
    free = {"user_orders_per_s": 1_000, "user_orders_burst": 1_000, "rate_limit_per_min": 100_000}
    config = NodeConfig(
        auth=AuthSection(mode="local"),
        server=ServerSection(**({"port": 0, "user_rate_limit_per_min": 100_000} | free | (server or {}))),
        ws=WebSocketSection(**limits),
        indicators=IndicatorsSection(**(indicators or {})),
    )
    jobs, ticks = FakeJobs(), quiet_ticks(bars, wait_s=0.02)
    context = make_context(config, bars=bars, ticks=ticks, traders=traders, identity=identity, jobs=jobs)
    hub = Hub(context)
    jobs.listener = JobRelay(hub, context)
    traders.listener = AccountRelay(hub, context, traders)
    view = WebSocketView(hub, context, clock=clock, closing_s=0.3, auth_s=auth_s, grace_s=grace_s)
    served = Server(context, view.handle)
    await served.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield IdentityWorld(served, view, context, identity, http)
        await view.stop(in_ms=0)
    finally:
        await served.stop()
