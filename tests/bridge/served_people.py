"""A served node with users of its own: the real journal, directory and issuer behind real sockets."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
from msgspec.structs import replace

from actors.auth.opening import OpenPeople, open_people
from actors.auth.passwords import Passwords
from actors.bridge.server import Server
from actors.ports.identity import Origin
from actors.ports.people import People, SignedIn, User
from config.auth import AuthSection
from config.schema import NodeConfig, ServerSection
from tests.bridge.fake_traders import Account, FakeTraders
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import Answered, no_websocket
from tests.contract_check import check_answer
from tests.fresh_journal import journal_in

ORIGIN = Origin(address="127.0.0.1", user_agent="a test", trace_id="t-1")
PASSWORD = "correct horse battery"
ADMIN = "admin@localhost"


class Hands:
    """Wall time of the users that the test moves on; codes of authenticators are of it too."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


class PeopleWorld:
    """A node and its users."""

    def __init__(self, server: Server, opened: OpenPeople, traders: FakeTraders, clock: Hands, http: Any) -> None:
        self.server = server
        self.opened = opened
        self.traders = traders
        self.clock = clock
        self._http = http

    @property
    def people(self) -> People:
        return self.opened.people

    async def ask(
        self, method: str, path: str, body: Any = None, *, token: str = "", headers: Any = None, **options: Any
    ) -> Answered:
        """Ask over REST; the answer is held against the contract."""
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            options |= {"data": body if isinstance(body, bytes) else json.dumps(body)}
            sent |= {"Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with self._http.request(method, url, headers=sent | (headers or {}), **options) as response:
            answered = Answered(response.status, response.headers, await response.read())
        check_answer(method, path, answered.status, answered.headers, answered.body)
        return answered

    async def add(self, email: str, *roles: Any, must_change: bool = False) -> User:
        """Make a user with a trader if it may trade."""
        user, _ = await self.people.add(
            email, PASSWORD, roles or ("trader",), ORIGIN, actor="node", must_change=must_change
        )
        if "trader" in user.roles:
            self.traders.accounts[user.user_id] = Account(user.user_id, f"PAPER-{len(self.traders.accounts):03d}")
        return user

    async def sign_in(self, email: str, password: str = PASSWORD) -> SignedIn:
        """Begin a session."""
        return await self.people.sign_in(email, password, ORIGIN)

    async def token(self, email: str) -> str:
        """Return an access token of a session of a user."""
        return (await self.sign_in(email)).access_token

    async def admin(self) -> str:
        """Return an access token of an admin who may do everything."""
        await self.add("root@example.com", "trader", "admin")
        return await self.token("root@example.com")

    def code(self, secret: str) -> str:
        """Return the code that an authenticator shows now; the next call is of a later one."""
        self.clock.now += 30
        return pyotp.TOTP(secret).at(int(self.clock.now))

    async def second_factor(self, email: str) -> str:
        """Give a user a second factor; return its secret."""
        signed = await self.sign_in(email)
        user_id = signed.user.user_id
        made = await self.people.enroll(user_id, "phone", ORIGIN)
        principal = await self.opened.identity.verify(signed.access_token)
        await self.people.verify_factor(principal, made.factor_id, self.code(made.secret), ORIGIN)
        return made.secret


@asynccontextmanager
async def peopled(folder: Path, **auth: Any) -> AsyncIterator[PeopleWorld]:
    """Serve a node with users on a free port for the length of the block; there is an admin already."""
    config = NodeConfig(
        server=ServerSection(port=0, rate_limit_per_min=10_000, user_rate_limit_per_min=10_000),
        auth=AuthSection(**({"mode": "local"} | auth)),
    )
    clock, traders = Hands(), FakeTraders()
    journal = journal_in(folder)
    opened = await open_people(config, journal, folder, now_s=clock, passwords=Passwords(12, memory_kib=64))
    context = make_context(config, traders=traders)
    served = Server(replace(context, identity=opened.identity, people=opened.people, audit=journal), no_websocket)
    await served.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield PeopleWorld(served, opened, traders, clock, http)
    finally:
        await served.stop()
        await asyncio.wait_for(opened.close(), 30.0)
        await journal.close()
