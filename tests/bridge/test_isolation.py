"""Nobody sees, hears, touches or infers what is somebody else's: every row of the authorization table is tried.

Two users who each have orders, fills, positions, alerts, strategies, sessions, keys and a second factor try each
other's ids on every private route, operation and channel. What they get must be what they get for ids that nobody has.
"""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from actors.bridge.access import CHANNELS
from actors.bridge.channel import channels
from tests.bridge import probes
from tests.bridge.probes import asked, private_operations, private_routes, private_sockets, probe
from tests.bridge.rest_client import Answered
from tests.bridge.shared_world import SharedWorld, Things, order, shared

BAD_QUESTION = {400, 405, 415, 422}
"""A probe that is answered so has not asked for anything, unless one of these is why."""
RULES = {"mfa_verified_factor_exists"}
SAME_HEADERS = ("Content-Type", "Cache-Control", "Content-Length", "WWW-Authenticate", "Allow")

pytestmark = pytest.mark.slow


@pytest.fixture(params=[("anna", "bert"), ("bert", "anna")], ids=["anna asks", "bert asks"])
def names(request):
    return request.param


class TestRoutes:
    async def test_what_is_another_s_is_as_absent(self, tmp_path, names):
        async with shared(tmp_path) as world:
            who, other = [await world.equip(name) for name in names]
            before, faults = world.state(other), []
            for name in private_routes():
                theirs = await ask(world, who, name, other)
                nobodys = await ask(world, who, name, other.absent())
                faults += [f"{name}: {fault}" for fault in differences(theirs, nobodys, other)]
                faults += [f"{name} shows {mark}" for mark in shown(theirs, other, besides=probe(name, other))]
            metrics = await world.ask("GET", "/metrics", token=await world.token_of(who))

            assert not faults, "\n".join(faults)
            assert world.state(other) == before
        assert not [mark for mark in other.marks() if mark.encode() in metrics.body]

    async def test_the_own_things_are_there(self, tmp_path):
        """Else the test above would prove nothing."""
        async with shared(tmp_path) as world:
            anna = await world.equip("anna")
            for name, mark in OWN.items():
                answered = await ask(world, anna, name, anna)
                assert answered.status == 200, name
                assert getattr(anna, mark).encode() in answered.body, name
            for name in ("DELETE /api/v1/api-keys/{key_id}", "DELETE /api/v1/sessions/{session_id}"):
                assert (await ask(world, anna, name, anna)).status == 204

    async def test_one_id_may_be_used_by_both(self, tmp_path):
        async with shared(tmp_path) as world:
            anna, bert = [await world.equip(name) for name in ("anna", "bert")]
            made = [
                (await world.ask("POST", "/api/v1/orders", order("same-1"), token=await world.token_of(who))).json()
                for who in (anna, bert)
            ]
            ended = await world.ask("DELETE", "/api/v1/orders/same-1", token=await world.token_of(bert))
            kept = await world.ask("GET", "/api/v1/orders/same-1", token=await world.token_of(anna))

        assert made[0]["order_id"] != made[1]["order_id"]
        assert (ended.json()["status"], kept.json()["status"]) == ("canceled", "submitted")

    async def test_a_cursor_of_another_s_list_is_refused(self, tmp_path):
        async with shared(tmp_path) as world:
            anna, bert = [await world.equip(name) for name in ("anna", "bert")]
            page = await world.ask("GET", "/api/v1/orders?limit=1", token=await world.token_of(bert))
            path = f"/api/v1/orders?limit=1&cursor={page.json()['next']}"
            answered = await world.ask("GET", path, token=await world.token_of(anna))

        assert page.json()["next"]
        assert answered.status == 422


class TestOperations:
    async def test_what_is_another_s_is_as_absent(self, tmp_path, names):
        async with shared(tmp_path) as world:
            who, other = [await world.equip(name) for name in names]
            before, faults = world.state(other), []
            async with world.socket(who) as client:
                for op in private_operations():
                    theirs = await client.ask(op, **asked(op, other))
                    nobodys = await client.ask(op, **asked(op, other.absent()))
                    if theirs["type"] == "error" and plain(theirs, other) != plain(nobodys, other):
                        faults.append(f"{op}: {theirs} is not {nobodys}")
                    if theirs["type"] != nobodys["type"] or theirs.get("code") in {"validation", "bad_request"}:
                        faults.append(f"{op}: {theirs}")

            assert not faults, "\n".join(faults)
            assert world.state(other) == before


class TestChannels:
    async def test_everybody_hears_the_own_account_only(self, tmp_path, names):
        async with shared(tmp_path) as world:
            who, other = [await world.equip(name) for name in names]
            private = private_channels()
            async with world.socket(who) as client, world.socket(other) as theirs:
                for one in (client, theirs):
                    assert (await one.ask("subscribe", ch=private))["type"] == "ack"
                await act(world, other, "other")
                await act(world, who, "mine")
                for one, last in ((client, "mine"), (theirs, "other")):
                    await one.until("alert", ch="alerts")
                    told = json.dumps(one.received)
                    assert last in told
                    hidden = other if one is client else who
                    assert not [mark for mark in hidden.marks() if mark in told]
                assert "other" not in json.dumps(client.received)

    async def test_another_s_channel_does_not_exist(self, tmp_path, names):
        async with shared(tmp_path) as world:
            who, other = [await world.equip(name) for name in names]
            async with world.socket(who) as client, world.socket(other) as theirs:
                await theirs.ask("subscribe", ch=private_channels())
                for name in private_channels():
                    for mark in ("user_id", "account_id", "email"):
                        found = await client.ask("subscribe", ch=[f"{name}:{getattr(other, mark)}"])
                        absent = await client.ask("subscribe", ch=[f"{name}:{getattr(other.absent(), mark)}"])
                        assert found["code"] == "unknown_channel"
                        assert plain(found, other) == plain(absent, other)


class TestDialectSockets:
    async def test_what_is_another_s_is_as_absent(self, tmp_path, names):
        async with shared(tmp_path) as world:
            who, other = [await world.equip(name) for name in names]
            before, faults = world.state(other), []
            for name in private_sockets():
                theirs = await said(world, who, name, other)
                nobodys = await said(world, who, name, other.absent())
                if plain(theirs, other) != plain(nobodys, other):
                    faults.append(f"{name}: {theirs} is not {nobodys}")

            assert not faults, "\n".join(faults)
            assert world.state(other) == before


class TestCoverage:
    """A row that nobody has thought of makes the tests above fail, not pass."""

    def test_every_private_row_can_be_asked(self):
        of = Things(**dict.fromkeys(Things.__struct_fields__, "x"))

        assert [probe(name, of).method for name in (*private_routes(), *private_sockets())]
        assert [asked(op, of) for op in private_operations()]

    def test_a_new_one_that_nobody_knows_how_to_ask_is_a_fault(self, monkeypatch):
        of = Things(**dict.fromkeys(Things.__struct_fields__, "x"))
        monkeypatch.setattr(probes, "BODIES", {})
        monkeypatch.setattr(probes, "PATHS", {})
        monkeypatch.setattr(probes, "OPERATIONS_ASKED", {})
        monkeypatch.setattr(probes, "SAID", {})

        for name in ("POST /api/v1/orders", "DELETE /api/v1/sessions/{session_id}", "GET /ws/market_data"):
            with pytest.raises(LookupError, match=r"probes\.py"):
                probe(name, of)
        with pytest.raises(LookupError, match=r"probes\.py"):
            asked("order.cancel", of)

    def test_private_channels_are_those_of_traders(self):
        assert set(private_channels()) == {name for name, role in CHANNELS.items() if role not in {"public", "viewer"}}


OWN = {
    "GET /api/v1/orders": "client_order_id",
    "GET /api/v1/orders/{client_order_id}": "order_id",
    "GET /api/v1/fills": "fill_id",
    "GET /api/v1/alerts": "alert",
    "GET /api/v1/jobs": "job_id",
    "GET /api/v1/jobs/{job_id}": "job_id",
    "GET /api/v1/strategies": "strategy",
    "GET /api/v1/sessions": "session_id",
    "GET /api/v1/api-keys": "key_id",
    "GET /api/v1/two-factor": "factor_id",
    "GET /api/v1/session": "user_id",
    "GET /api/v1/trader": "account_id",
    "GET /auth/v1/user": "email",
}
"""Row -> what of the own things stands there."""


async def ask(world: SharedWorld, who: Things, name: str, of: Things) -> Answered:
    """Ask a row in somebody's name for what is somebody's."""
    asked_for = probe(name, of)
    return await world.ask(asked_for.method, asked_for.path, asked_for.body, token=await world.token_of(who))


async def said(world: SharedWorld, who: Things, name: str, of: Things) -> dict[str, Any]:
    """Say on a dialect's socket in somebody's name what is about somebody's things; return what is heard at first."""
    asked_for = probe(name, of)
    async with world.dialect_socket(who, asked_for.path) as ws, asyncio.timeout(30.0):
        await ws.send_json(asked_for.body)
        heard: dict[str, Any] = await ws.receive_json()
    return heard


def differences(theirs: Answered, nobodys: Answered, other: Things) -> Iterable[str]:
    """Tell what an answer about another's thing betrays, beside the same question about nothing."""
    if theirs.status in BAD_QUESTION and name_of(theirs) not in RULES:
        yield f"cannot be asked like this: {theirs.body.decode()}"
    if theirs.status != nobodys.status:
        yield f"{theirs.status} {theirs.body.decode()} for what is another's, {nobodys.status} for what is absent"
    elif theirs.status >= 400:
        if plain(theirs.json(), other) != plain(nobodys.json(), other):
            yield f"{theirs.body.decode()} for what is another's, {nobodys.body.decode()} for what is absent"
        if [theirs.headers.get(one) for one in SAME_HEADERS] != [nobodys.headers.get(one) for one in SAME_HEADERS]:
            yield "headers differ"


def name_of(answered: Answered) -> str:
    """Return the code of an error."""
    return str(answered.json().get("code"))


def plain(told: Any, other: Things) -> str:
    """Return an answer with every id made absent, without what numbers it."""
    text = json.dumps({key: value for key, value in told.items() if key not in {"id", "request_id", "timestamp"}})
    for mark, absent in zip(other.marks(), other.absent().marks(), strict=True):
        text = text.replace(mark, absent)
    return text


def shown(answered: Answered, other: Things, *, besides: Any) -> Iterable[str]:
    """Return which of another's marks an answer has that were not in the question."""
    asked_for = f"{besides.path} {json.dumps(besides.body)}"
    text = answered.body.decode() + str(dict(answered.headers))
    return [mark for mark in other.marks() if mark in text and mark not in asked_for]


def private_channels() -> list[str]:
    return [name for name in channels if channels.get(name).is_private]


async def act(world: SharedWorld, who: Things, word: str) -> None:
    """Have something happen to an account on every private channel."""
    token = await world.token_of(who)
    await world.ask("POST", "/api/v1/orders", order(f"{word}-1"), token=token)
    world.traders.fill(who.user_id, f"{word}-1", "0.50000")
    world.jobs.go_on(who.job_id, message=f"{word} job")
    world.traders.act(who.user_id, f"{word}-1", f"{word} bot")
    world.traders.alert(who.user_id, f"{word} alert")
