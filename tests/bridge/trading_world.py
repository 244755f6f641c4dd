"""A served node with traders of several users: REST and WebSocket in anybody's name."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from msgspec.structs import replace

from actors.bridge.account_relay import AccountRelay
from actors.bridge.context import Clock
from actors.bridge.hub import Hub
from actors.bridge.rest.limits import order_budget
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from config.schema import NodeConfig, ServerSection
from tests.bridge.fake_identity import ADMIN, FakeIdentity, OpenHouse
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import BTC, FakeBars, bar_rows, make_context
from tests.bridge.rest_client import Answered
from tests.bridge.socket_client import Client
from tests.contract_check import check_answer

LOCAL_TOKEN = "local"
"""Sent in the name of who is not named: holds every role."""


def ticket(client_order_id: str = "a-1", **fields: Any) -> dict[str, Any]:
    """The body of a good limit order."""
    return {
        "client_order_id": client_order_id,
        "instrument_id": BTC,
        "side": "buy",
        "type": "limit",
        "quantity": "0.50000",
        "price": "29999.00",
    } | fields


class TradingWorld:
    """A node and its traders."""

    def __init__(
        self,
        server: Server,
        hub: Hub,
        relay: AccountRelay,
        traders: FakeTraders,
        identity: FakeIdentity,
        http: Any,
    ) -> None:
        self.server = server
        self.identity = identity
        self.hub = hub
        self.relay = relay
        self.traders = traders
        self._http = http

    @property
    def port(self) -> int:
        return self.server.port

    async def ask(self, method: str, path: str, body: Any = None, *, user: str = "", **options: Any) -> Answered:
        """Ask over REST as a user, the local one by default; the answer is held against the contract."""
        headers = {"Authorization": f"Bearer {user or LOCAL_TOKEN}"}
        if body is not None:
            options |= {"data": body if isinstance(body, bytes) else json.dumps(body)}
            headers |= {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self._http.request(method, url, headers=headers | options.pop("headers", {}), **options) as response:
            answered = Answered(response.status, response.headers, await response.read())
        if path.startswith("/api/"):
            check_answer(method, path, answered.status, answered.headers, answered.body)
        return answered

    async def submit(self, client_order_id: str = "a-1", *, user: str = "", **fields: Any) -> dict[str, Any]:
        """Send a good order over REST and return it."""
        answered = await self.ask("POST", "/api/v1/orders", ticket(client_order_id, **fields), user=user)
        assert answered.status == 201, answered.body
        order: dict[str, Any] = answered.json()
        return order

    @asynccontextmanager
    async def client(self, user: str = "", **options: Any) -> AsyncIterator[Client]:
        """Connect over the WebSocket as a user."""
        headers = {"Authorization": f"Bearer {user or LOCAL_TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"ws://127.0.0.1:{self.port}/ws", headers=headers, **options) as ws,
        ):
            client = Client(ws)
            if not options:
                await client.until("hello")
            yield client


@asynccontextmanager
async def trading(
    *users: str, config: NodeConfig | None = None, clock: Clock | None = None, **server: Any
) -> AsyncIterator[TradingWorld]:
    """Serve traders of some users on a free port for the length of the block; without any, of a node for one person."""
    bars, traders = FakeBars(), FakeTraders(*users)
    bars.put(BTC, "1m", bar_rows(3))
    limits = {"port": 0, "user_orders_per_s": 1_000, "user_orders_burst": 1_000, "user_rate_limit_per_min": 100_000}
    config = config or NodeConfig(server=ServerSection(**(limits | server)))
    identity = OpenHouse()
    identity.add("local", ADMIN, token=LOCAL_TOKEN)
    context = make_context(config, bars=bars, traders=traders, identity=None if set(users) <= {"local"} else identity)
    if clock is not None:
        context = replace(context, order_budget=order_budget(config.server, clock.monotonic))
    hub = Hub(context)
    relay = traders.listener = AccountRelay(hub, context, traders)
    view = WebSocketView(hub, context, closing_s=0.3)
    served = Server(context, view.handle)
    await served.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield TradingWorld(served, hub, relay, traders, identity, http)
        await view.stop(in_ms=0)
    finally:
        await served.stop()
