"""A whole served node with one real user, whose issuer's signing key the test holds: the worst that could leak."""

from contextlib import asynccontextmanager

import aiohttp
from msgspec.structs import replace

from actors.auth.opening import open_people
from actors.auth.passwords import Passwords
from actors.bridge.account_relay import AccountRelay
from actors.bridge.hub import Hub
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.ports.identity import Origin
from adapters.supabase.opening import open_supabase
from config.auth import AuthSection, SupabaseSection
from config.schema import NodeConfig, ServerSection
from tests.bridge.fake_traders import FakeTraders
from tests.bridge.fakes import BTC, FakeBars, bar_rows, make_context
from tests.bridge.socket_client import Client
from tests.fresh_journal import journal_in
from tests.supabase_double import SupabaseDouble
from tests.supabase_world import ENVIRONMENT
from tests.token_mint import Mint

PASSWORD = "correct horse battery staple"
EMAIL = "anna@example.org"


class UserMint(Mint):
    """A signing key whose tokens are of one user and session that live."""

    def __init__(self, issuer, kid, key, owner):
        self.algorithm, self.issuer, self.kid, self.key = "ES256", issuer, kid, key
        self._owner = owner

    def claims(self, *, now_s=None, **others):
        return super().claims(now_s=now_s, **self._owner | others)


class AttackedWorld:
    """The node, a good token, and the mint for bad ones."""

    project = None
    """The double that issues the tokens, if one does."""

    def __init__(self, port, token, mint, http, refresh_token, opened):
        self.port, self.token, self.mint, self.refresh_token, self.opened = port, token, mint, refresh_token, opened
        self._http = http

    async def get(self, token, path="/api/v1/session"):
        """Return status, headers and body; a header as bytes on a socket could carry it."""
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self._http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            return answer.status, answer.headers, await answer.read()

    async def opens(self, token):
        """Return whether a token is taken as the first message of a socket."""
        async with self._connected(()) as client:
            return (await client.ask("auth", token=token))["type"] == "ack"

    async def refused(self, token, *, by="message"):
        """Connect with a token, by its first message or a subprotocol; return last error and close code."""
        async with self._connected((f"base64url.bearer.{token}",) if by == "subprotocol" else ()) as client:
            if by == "message":
                await client.ask("auth", token=token)
            closed = await client.end()
            return client.received[-1].get("code"), closed

    @asynccontextmanager
    async def _connected(self, protocols):
        url = f"http://127.0.0.1:{self.port}/ws"
        async with self._http.ws_connect(url, protocols=("trader.v1", *protocols)) as ws:
            yield Client(ws)


@asynccontextmanager
async def _serving(config, opened, journal, folder):
    bars = FakeBars()
    bars.put(BTC, "1m", bar_rows(3))
    traders = FakeTraders("anna")
    context = make_context(config, bars=bars, traders=traders)
    context = replace(context, identity=opened.identity, people=opened.people, audit=journal)
    hub = Hub(context)
    traders.listener = AccountRelay(hub, context, traders)
    view = WebSocketView(hub, context, closing_s=0.3)
    served = Server(context, view.handle)
    await served.start()
    try:
        yield served.port
        await view.stop(in_ms=0)
    finally:
        await served.stop()
        await opened.close()
        await journal.close()


def _config(**auth):
    server = ServerSection(port=0, rate_limit_per_min=1_000_000, user_rate_limit_per_min=1_000_000)
    return NodeConfig(server=server, auth=AuthSection(**auth))


@asynccontextmanager
async def local_node(folder):
    """A node that issues its tokens itself."""
    config = _config(mode="local")
    journal = journal_in(folder)
    opened = await open_people(config, journal, folder, passwords=Passwords(12, memory_kib=64))
    await opened.people.add(EMAIL, PASSWORD, ["trader"], Origin(), actor="node", must_change=False)
    signed_in = await opened.people.sign_in(EMAIL, PASSWORD, Origin())
    key = opened.upkeep.keys.current
    owner = {"sub": signed_in.user.user_id, "session_id": signed_in.session_id}
    mint = UserMint("http://localhost:0/auth/v1", key.kid, key.private, owner)
    async with _serving(config, opened, journal, folder) as port, aiohttp.ClientSession() as http:
        yield AttackedWorld(port, signed_in.access_token, mint, http, signed_in.refresh_token, opened)


@asynccontextmanager
async def supabase_node(folder, **auth):
    """A node whose tokens a Supabase project issues."""
    async with SupabaseDouble() as project:
        config = _config(mode="supabase", supabase=SupabaseSection(url=project.url), **auth)
        journal = journal_in(folder)
        opened = await open_supabase(config, journal, environ=ENVIRONMENT)
        project.add_user(EMAIL, PASSWORD, roles=["trader"])
        signed_in = await opened.people.sign_in(EMAIL, PASSWORD, Origin())
        owner = {"sub": signed_in.user.user_id, "session_id": signed_in.session_id}
        mint = UserMint(project.issuer, project.mint.kid, project.mint.key, owner)
        async with _serving(config, opened, journal, folder) as port, aiohttp.ClientSession() as http:
            world = AttackedWorld(port, signed_in.access_token, mint, http, signed_in.refresh_token, opened)
            world.project = project
            yield world


NODES = {"local": local_node, "supabase": supabase_node}
