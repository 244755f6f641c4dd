"""The authorization table, walked whole: every route, operation and channel with every role, none, and every scope."""

import re

import pytest

from actors.bridge.access import CHANNELS, OF_ADMINS_TOO, OPERATIONS, ROUTES, SELF, need_of, need_to_hear
from actors.bridge.rest.traffic import WS
from actors.ports.identity import Role, Scope
from tests.bridge.fake_identity import ADMIN, TRADER, VIEWER
from tests.bridge.identity_world import IdentityWorld, with_users
from tests.bridge.rest_client import raw_answer

HOLDERS: dict[str, frozenset[Role]] = {"vera": VIEWER, "anna": TRADER, "root": ADMIN, "nora": frozenset()}
SCOPES: tuple[tuple[Scope, ...], ...] = (("read",), ("trade",), ("admin",), ("read", "trade", "admin"), ())


def walked() -> list[str]:
    """Return every row; what would end the test's own sessions is done to a fake identity and ends nothing."""
    return [name for name in ROUTES if name != WS]


def private() -> set[str]:
    """Return the rows that nobody opens."""
    return {name for name in walked() if ROUTES[name] != "public"}


async def status_of(world: IdentityWorld, name: str, token: str | None) -> int:
    """Return the status of a row asked with an empty body: whether it is let in, not what becomes of it."""
    method, _, template = name.partition(" ")
    path = re.sub(r"\{\w+\}", "none-such", template)
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: 0"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    answer = await raw_answer(world.port, "\r\n".join([*lines, "", ""]).encode())
    return int(answer.split(b" ")[1])


@pytest.mark.slow
class TestRoutes:
    async def test_nobody_opens_what_is_not_public(self):
        async with with_users() as world:
            opened = [
                name for name in walked() if ROUTES[name] != "public" and await status_of(world, name, None) != 401
            ]

        assert opened == []

    async def test_a_bad_token_opens_what_nobody_opens(self):
        async with with_users() as world:
            found = {name: await status_of(world, name, "bad") for name in walked()}

        assert {name for name, status in found.items() if status in {401, 403}} == private()  # 403: GoTrue's way

    @pytest.mark.parametrize("user", HOLDERS)
    async def test_each_role_opens_its_rows_and_no_others(self, user):
        async with with_users() as world:
            refused = {name for name in walked() if await status_of(world, name, user) == 403}

        assert refused == {
            name for name in walked() if ROUTES[name] not in {"public", "person"} and ROUTES[name] not in HOLDERS[user]
        }

    @pytest.mark.parametrize("pending", ["second_factor", "password"])
    async def test_something_pending_opens_public_and_personal_rows_only(self, pending):
        async with with_users() as world:
            token = world.identity.add("root", ADMIN, token="t", pending=pending)
            refused = {name for name in walked() if await status_of(world, name, token) == 403}

        assert refused == {name for name in walked() if ROUTES[name] not in {"public", "person"}}

    @pytest.mark.parametrize("scopes", SCOPES, ids="+".join)
    @pytest.mark.parametrize("user", ["vera", "anna", "root"])
    async def test_a_key_opens_what_its_scopes_and_its_owner_s_roles_allow(self, scopes, user):
        async with with_users() as world:
            key = world.identity.add_key(user, scopes, HOLDERS[user])
            refused = {name for name in walked() if await status_of(world, name, key) == 403}

        assert refused == {
            name
            for name in walked()
            if ROUTES[name] != "public"
            and (ROUTES[name] not in HOLDERS[user] or need_of(name, ROUTES[name]) not in scopes)
            # a DELETE that names nothing is of the own trader
            and not (
                name in OF_ADMINS_TOO
                and not name.startswith("DELETE")
                and "admin" in HOLDERS[user]
                and "admin" in scopes
            )
        }

    def test_no_key_opens_one_s_own_sign_in(self):
        assert set(ROUTES) > SELF
        assert {need_of(name, ROUTES[name]) for name in SELF} == {"self"}
        assert {need_of(name, role) for name, role in ROUTES.items() if role == "person"} == {"self"}


class TestSockets:
    @pytest.mark.parametrize("user", ["vera", "anna", "root"])
    async def test_each_role_has_its_operations_and_channels(self, user):
        async with with_users(operations_burst=1_000) as world, world.socket(user) as client:
            refused = {op for op in OPERATIONS if (await client.ask(op)).get("code") == "forbidden"}
            deaf = {one for one in CHANNELS if (await client.ask("subscribe", ch=[one])).get("code") == "forbidden"}

        assert refused == {op for op, role in OPERATIONS.items() if role not in {"public", *HOLDERS[user]}}
        assert deaf == {name for name, role in CHANNELS.items() if role not in HOLDERS[user]}

    @pytest.mark.parametrize("scopes", [one for one in SCOPES if "read" in one], ids="+".join)
    async def test_a_key_has_those_of_its_scopes(self, scopes):
        async with (
            with_users(operations_burst=1_000) as world,
            world.socket(world.identity.add_key("root", scopes, ADMIN)) as client,
        ):
            refused = {op for op in OPERATIONS if (await client.ask(op)).get("code") == "forbidden"}
            deaf = {one for one in CHANNELS if (await client.ask("subscribe", ch=[one])).get("code") == "forbidden"}

        assert refused == {
            op for op, role in OPERATIONS.items() if role != "public" and need_of(op, role) not in scopes
        }
        assert deaf == {name for name, role in CHANNELS.items() if need_to_hear(role) not in scopes}

    @pytest.mark.parametrize("scopes", [("trade",), ("admin",), ()], ids="+".join)
    async def test_a_key_that_may_not_read_has_no_connection(self, scopes):
        async with with_users() as world, world.socket(world.identity.add_key("root", scopes, ADMIN)) as client:
            assert await client.end() == 4403

    async def test_nobody_has_any(self):
        async with with_users(operations_burst=1_000) as world, world.socket() as client:
            told = {op: await client.ask(op) for op in OPERATIONS if op != "auth"}

        assert {op for op, one in told.items() if one.get("code") == "unauthorized"} == {
            op for op, role in OPERATIONS.items() if role != "public"
        }


class TestKillSwitch:
    async def test_a_trading_key_of_an_admin_does_not_halt_the_node(self):
        async with with_users() as world:
            key = world.identity.add_key("root", ["read", "trade"], ADMIN)
            own = await world.ask("POST", "/api/v1/kill-switch", {}, token=key)
            node = await world.ask("POST", "/api/v1/kill-switch", {"scope": "node"}, token=key)

        assert (own.status, node.status) == (200, 403)

    async def test_an_admin_who_does_not_trade_stops_the_node_and_nothing_else(self):
        async with with_users() as world:
            token = world.identity.add("olga", frozenset({"viewer", "admin"}), token="olga's")
            told = await world.ask("GET", "/api/v1/kill-switch", token=token)
            node = await world.ask("POST", "/api/v1/kill-switch", {"scope": "node"}, token=token)
            own = await world.ask("POST", "/api/v1/kill-switch", {}, token=token)

        assert (told.status, node.status, own.status) == (200, 200, 403)
