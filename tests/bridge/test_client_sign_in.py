"""The Python client on a node with users: every way to sign in, renewal on the living connection, and its end."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from whisperer_client import ApiError, Client, ClosedError, RefusedError

from actors.auth.opening import open_people
from actors.auth.passwords import Passwords
from actors.bridge.hub import Hub
from actors.bridge.server import Server
from actors.bridge.socket import WebSocketView
from actors.ports.identity import Origin
from config.auth import AuthSection
from config.errors import ConfigError
from config.schema import NodeConfig, ServerSection
from node.remote.address import api_key_of
from tests.bridge.client_world import PATIENCE_S, until
from tests.bridge.fakes import make_context
from tests.fresh_journal import journal_in

ORIGIN = Origin(address="127.0.0.1", user_agent="a test", trace_id="t-1")
EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
SHORT_MIN = 0.05
"""Minutes that a token lives where a test waits for its renewal."""


class World:
    """A served node, its users, and one of them."""

    def __init__(self, port, people, user, hub, seats):
        self.url = f"http://127.0.0.1:{port}"
        self.people = people
        self.user = user
        self.hub = hub
        self.seats = seats

    def client(self, **who):
        return Client(self.url, first_wait_s=0.01, **who)

    async def key(self, *scopes):
        return (await self.people.make_api_key(self.user.user_id, "a test", scopes or ("read",), None, ORIGIN))[1]

    def hears(self, channel):
        return any(channel in one.lanes for one in self.hub.connections)

    def sessions(self):
        return self.people.sessions(self.user.user_id)


@asynccontextmanager
async def served(folder, **auth):
    """Serve a node with users on a free port for the length of the block."""
    config = NodeConfig(server=ServerSection(port=0), auth=AuthSection(**({"mode": "local"} | auth)))
    journal = journal_in(folder)
    opened = await open_people(config, journal, folder, passwords=Passwords(12, memory_kib=64))
    context = replace(make_context(config), identity=opened.identity, people=opened.people, audit=journal)
    hub = Hub(context)
    view = WebSocketView(hub, context, closing_s=0.3)
    server = Server(context, view.handle)
    await server.start()
    try:
        user, _ = await opened.people.add(EMAIL, PASSWORD, ("viewer",), ORIGIN, actor="node", must_change=False)
        yield World(server.port, opened.people, user, hub, view.seats)
        await view.stop(in_ms=0)
    finally:
        await server.stop()
        await asyncio.wait_for(opened.close(), PATIENCE_S)
        await journal.close()


async def first(stream):
    async with asyncio.timeout(PATIENCE_S):
        return await anext(stream)


async def drained(stream):
    """Read until it ends."""
    while True:
        await first(stream)


async def test_a_token_a_key_and_a_password_open_rest_and_channels(tmp_path):
    async with served(tmp_path) as here:
        token = (await here.people.sign_in(EMAIL, PASSWORD, ORIGIN)).access_token
        for who in ({"token": token}, {"api_key": await here.key()}, {"email": EMAIL, "password": PASSWORD}):
            async with here.client(**who) as client:
                assert len(await client.rest.instruments()) > 0
                assert (await first(client.status())).state == "running"
                assert client.hello.auth == "required"


async def test_nobody_and_wrong_ones_are_refused_with_the_nodes_code(tmp_path):
    async with served(tmp_path) as here:
        async with here.client() as nobody:
            with pytest.raises(ApiError) as refusal:
                await nobody.rest.instruments()
            assert refusal.value.status == 401
        async with here.client(email=EMAIL, password="wrong") as wrong:
            with pytest.raises(ApiError) as refusal:
                await wrong.rest.instruments()
            assert refusal.value.code == "invalid_credentials"
            with pytest.raises(ApiError):
                await first(wrong.status())
        async with here.client(api_key="wk_000000000000_nothing") as unknown:
            with pytest.raises((RefusedError, ClosedError)):
                await first(unknown.status())


async def test_a_key_that_opens_nothing_is_a_refusal_although_the_close_comes_with_it(tmp_path):
    async with served(tmp_path) as here:
        for _ in range(20):
            async with here.client(api_key="wk_000000000000_nothing") as unknown:
                with pytest.raises(RefusedError, match="the API key opens nothing"):
                    await first(unknown.status())


async def test_a_session_that_was_ended_is_begun_again_with_the_password(tmp_path):
    async with served(tmp_path) as here, here.client(email=EMAIL, password=PASSWORD) as client:
        stream = client.status()
        await first(stream)
        (old,) = here.sessions()

        await here.people.end_session(here.user.user_id, old.session_id, ORIGIN, actor=here.user.user_id)

        assert len(await client.rest.instruments()) > 0
        await until(lambda: client.connections > 1 and here.hears("status"))
        assert [one.session_id != old.session_id for one in here.sessions()] == [True]


async def test_a_key_that_was_taken_back_ends_its_streams(tmp_path):
    async with served(tmp_path) as here, here.client(api_key=await here.key()) as client:
        stream = client.status()
        await first(stream)
        (key,) = here.people.api_keys(here.user.user_id)

        await here.people.end_api_key(here.user.user_id, key.key_id, ORIGIN, actor=here.user.user_id)

        with pytest.raises(ClosedError) as closed:
            await drained(stream)
        assert closed.value.close_code == 4401


async def test_a_token_that_was_too_late_is_brought_again(tmp_path):
    async with served(tmp_path) as here:
        for who in ({"api_key": await here.key()}, {"email": EMAIL, "password": PASSWORD}):
            async with here.client(**who) as client:
                stream = client.status()
                await first(stream)
                sessions = len(here.sessions())

                for seat in list(here.seats._taken):
                    seat.close(4408, "auth_timeout")

                await until(lambda client=client: client.connections > 1 and here.hears("status"))
                assert len(here.sessions()) == sessions


@pytest.mark.slow
async def test_tokens_are_renewed_on_the_living_connection(tmp_path):
    async with served(tmp_path, access_min=SHORT_MIN) as here, here.client(email=EMAIL, password=PASSWORD) as client:
        stream = client.status()
        await first(stream)
        # more than a lifetime and the 5 s that the node waits after one
        for _ in range(4):
            begun = client._link._conversation.token
            await until(lambda begun=begun: client._link._conversation.token != begun)
        assert client.connections == 1
        assert len(await client.rest.instruments()) > 0
        assert len(here.sessions()) == 1


@pytest.mark.parametrize(
    "who",
    [
        {"email": EMAIL},
        {"password": PASSWORD},
        {"token": "t", "api_key": "wk_k"},
        {"token": "t", "email": EMAIL, "password": "p"},
    ],
)
def test_one_way_to_sign_in_is_given_whole(who):
    with pytest.raises(ValueError, match=r"email|token"):
        Client(**who)


def test_the_key_of_the_command_line_comes_from_a_variable():
    assert api_key_of(None, {}) is None
    assert api_key_of("KEY", {"KEY": " wk_a_b "}) == "wk_a_b"
    for variables in ({}, {"KEY": ""}, {"KEY": "something else"}):
        with pytest.raises(ConfigError, match="KEY"):
            api_key_of("KEY", variables)


def test_no_secret_stands_in_what_is_printed_of_a_client(tmp_path):
    for who in ({"token": "MARKER"}, {"email": EMAIL, "password": "MARKER"}):
        client = Client(**who)
        assert "MARKER" not in repr(client)
        assert "MARKER" not in repr(client._credentials(None))
