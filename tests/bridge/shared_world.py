"""A node that several people share: real users and issuer, traders, WebSocket; each has something of everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from actors.auth.opening import open_people
from actors.auth.passwords import Passwords
from actors.bridge.account_relay import AccountRelay
from actors.bridge.hub import Hub
from actors.bridge.job_relay import JobRelay
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.ports.identity import Principal
from config.auth import AuthSection
from config.schema import DialectsSection, NodeConfig, ServerSection, WebSocketSection
from node.sockets import dialect_sockets
from tests.bridge.fake_jobs import FakeJobs
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import BTC, FakeBars, bar_rows, make_context, quiet_ticks
from tests.bridge.served_people import ORIGIN, Hands, PeopleWorld
from tests.bridge.socket_client import Client
from tests.fresh_journal import journal_in


class Things(Struct, frozen=True, kw_only=True):
    """What tells one user from another: no two users have one of these in common."""

    user_id: str
    email: str
    account_id: str
    session_id: str
    key_id: str
    factor_id: str
    client_order_id: str
    order_id: str
    fill_id: str
    strategy: str
    alert: str
    job_id: str

    def absent(self) -> "Things":
        """Return the same that nobody has, letter for letter as long."""
        return Things(**{name: _other(value) for name, value in msgspec.structs.asdict(self).items()})

    def marks(self) -> tuple[str, ...]:
        """Return all of them."""
        return msgspec.structs.astuple(self)


class SharedWorld(PeopleWorld):
    """A node and the people who share it."""

    hub: Hub
    view: WebSocketView
    jobs: FakeJobs
    tokens: dict[str, str]
    secrets: dict[str, str]

    async def equip(self, name: str) -> Things:
        """Make a user who has one of everything."""
        email = f"{name}@example.com"
        user = await self.add(email)
        secret = await self.second_factor(email)
        signed = await self.sign_in(email)
        me = Principal(user_id=user.user_id, roles=frozenset({"viewer", "trader"}), session_id=signed.session_id)
        (factor,) = self.people.factors(user.user_id)
        await self.people.verify_factor(me, factor.factor_id, self.code(secret), ORIGIN)
        key, _ = await self.people.make_api_key(user.user_id, f"key of {name}", ["read"], None, ORIGIN)
        token = await self.fresh(user.user_id, email, secret)
        await self.ask("POST", "/api/v1/orders", order(f"{name}-order-1"), token=token)
        made = (await self.ask("POST", "/api/v1/orders", order(f"{name}-order-2"), token=token)).json()
        fill = self.traders.fill(user.user_id, f"{name}-order-1", "0.20000")
        await self.ask("POST", "/api/v1/strategies", strategy(f"{name}-strategy"), token=token)
        job = await self.ask("POST", "/api/v1/jobs", {"instrument_id": BTC}, token=token)
        alert = self.traders.alert(user.user_id, f"something that {name} should know")
        return Things(
            user_id=user.user_id,
            email=email,
            account_id=self.traders.accounts[user.user_id].account_id,
            session_id=signed.session_id,
            key_id=key.key_id,
            factor_id=factor.factor_id,
            client_order_id=f"{name}-order-2",
            order_id=made["order_id"],
            fill_id=fill.fill_id,
            strategy=f"{name}-strategy",
            alert=alert.message,
            job_id=job.json()["job_id"],
        )

    async def fresh(self, user_id: str, email: str, secret: str) -> str:
        """Return a token of a new session that has given its second factor."""
        signed = await self.sign_in(email)
        (factor,) = self.people.factors(user_id)
        waiting = await self.opened.identity.verify(signed.access_token)
        done, _ = await self.people.verify_factor(waiting, factor.factor_id, self.code(secret), ORIGIN)
        self.secrets[user_id] = secret
        return done.access_token

    async def token_of(self, who: Things) -> str:
        """Return a token of a session that lives."""
        token = self.tokens.get(who.user_id)
        if token is not None:
            try:
                await self.opened.identity.verify(token)
            except Exception:  # noqa: BLE001  # whatever ended it
                token = None
        if token is None:
            token = self.tokens[who.user_id] = await self.fresh(who.user_id, who.email, self.secrets[who.user_id])
        return token

    def state(self, who: Things) -> list[object]:
        """Return everything that a user has, to be compared."""
        account = self.traders.accounts[who.user_id]
        return [
            {name: repr(value) for name, value in vars(account).items()},
            self.people.user(who.user_id).roles,
            list(self.jobs.jobs(who.user_id)),
            [one.session_id for one in self.people.sessions(who.user_id)],
            [one.key_id for one in self.people.api_keys(who.user_id)],
            [(one.factor_id, one.recovery_left) for one in self.people.factors(who.user_id)],
        ]

    @asynccontextmanager
    async def socket(self, who: Things) -> AsyncIterator[Client]:
        """Connect as somebody."""
        headers = {"Authorization": f"Bearer {await self.token_of(who)}"}
        async with self._http.ws_connect(f"http://127.0.0.1:{self.server.port}/ws", headers=headers) as ws:
            client = Client(ws)
            await client.until("hello")
            yield client

    @asynccontextmanager
    async def dialect_socket(self, who: Things, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Connect as somebody to a WebSocket of a dialect."""
        headers = {"Authorization": f"Bearer {await self.token_of(who)}"}
        async with self._http.ws_connect(f"http://127.0.0.1:{self.server.port}{path}", headers=headers) as ws:
            yield ws


def order(client_order_id: str, **fields: Any) -> dict[str, Any]:
    """Return the body of a good limit order."""
    return {
        "client_order_id": client_order_id,
        "instrument_id": BTC,
        "side": "buy",
        "type": "limit",
        "quantity": "0.50000",
        "price": "29999.00",
    } | fields


def strategy(name: str) -> dict[str, Any]:
    """Return the body of a strategy to be started."""
    return {"name": name, "kind": "signal_follow", "params": {"instrument_id": BTC}}


@asynccontextmanager
async def shared(folder: Path, **server: Any) -> AsyncIterator[SharedWorld]:
    """Serve a node with users on a free port for the length of the block."""
    free = {"rate_limit_per_min": 10**6, "user_rate_limit_per_min": 10**6, "user_orders_per_s": 10**4}
    config = NodeConfig(
        server=ServerSection(**({"port": 0, "user_orders_burst": 10**4} | free | server)),
        ws=WebSocketSection(operations_burst=10**4, user_operations_burst=10**4, user_channels_burst=10**4),
        auth=AuthSection(mode="local", failures_free=10**6, failures_per_address=10**6),
        dialects=DialectsSection(magic8=True),
    )
    bars, traders, clock = FakeBars(), FakeTraders(), Hands()
    jobs, rows = FakeJobs(), bar_rows(3)
    bars.put(BTC, "1m", rows)
    journal = journal_in(folder)
    opened = await open_people(config, journal, folder, now_s=clock, passwords=Passwords(12, memory_kib=64))
    context = replace(
        make_context(config, bars=bars, ticks=quiet_ticks(bars, wait_s=0.02), traders=traders, jobs=jobs),
        identity=opened.identity,
        people=opened.people,
        audit=journal,
    )
    hub = Hub(context)
    traders.listener = AccountRelay(hub, context, traders)
    jobs.listener = JobRelay(hub, context)
    view = WebSocketView(hub, context, closing_s=0.3)
    served = Server(context, view.handle, sockets=dialect_sockets(view, hub, context))
    await served.start()
    try:
        async with aiohttp.ClientSession() as http:
            world = SharedWorld(served, opened, traders, clock, http)
            world.hub, world.view, world.jobs, world.tokens, world.secrets = hub, view, jobs, {}, {}
            yield world
        await view.stop(in_ms=0)
    finally:
        await served.stop()
        await asyncio.wait_for(opened.close(), 30.0)
        await journal.close()


def _other(text: str) -> str:
    """Return another text of the same kind and length: the last letters or figures of its name turned."""
    turned = str.maketrans("0123456789abcdef", "1032547698badcfe")
    return text.translate(turned)
