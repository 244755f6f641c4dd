"""No body gives a 5xx or changes anything: wrong types, NaN, huge numbers, unknown fields, newlines in ids."""

import json
import string
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from actors.bridge.access import ROUTES
from actors.bridge.rest.route import routes
from tests.bridge.fakes import BTC
from tests.bridge.trading_world import ticket, trading

API = "/api/v1"
NASTY = [
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    "",
    " ",
    "0",
    "-1",
    "NaN",
    "Infinity",
    "1e5",
    "1E+5",
    "0x1",
    "\uff11",
    "1" * 400,
    "0." + "0" * 30 + "1",
    "1_000",
    "a\nb",
    "a-1\n",
    "\x00",
    "💥",
    "../x",
    "=1+1",
    "' OR 1=1 --",
    [],
    {},
    ["1"],
    {"$gt": ""},
]
FIELDS = [*ticket(), "time_in_force", "expire_time", "trigger_price", "linked_client_order_ids", "post_only", "extra"]
BODIES = {
    f"{API}/orders": ticket(),
    f"{API}/orders/validate": ticket(),
    f"{API}/orders/batch": {"orders": [ticket()]},
    f"{API}/deadman": {"timeout_s": 1},
    f"{API}/positions/{BTC}/close": {"quantity": "1", "price": "1", "client_order_id": "c"},
    f"{API}/kill-switch": {"scope": "trader", "flatten": True},
    f"{API}/strategies": {"name": "one", "kind": "signal_follow", "params": {}},
}
CHANGES = {
    f"{API}/orders/a-1": {"price": "1"},
    f"{API}/limits": {"max_order_notional": "1"},
    f"{API}/trader": {"trading_state": "active"},
    f"{API}/strategies/one": {"params": {}},
}
ABSENT = (f"{API}/users", "/auth/v1/", f"{API}/models", f"{API}/jobs", "/model/")
"""What a node without users, models and jobs does not have."""
PRIVATE = sorted(name for name, role in ROUTES.items() if role in {"trader", "admin"} and "{" not in name)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(NASTY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=8,
)


GOOD = {
    "client_order_id": ["0", "-1", "NaN", "Infinity", "1e5", "0x1", "1_000"],
    "trigger_price": [None],
    "expire_time": [None, 0],
    "linked_client_order_ids": [[], ["1"]],
    "post_only": [True],
}
"""What of the nasty is good for a field."""


def is_good(field, value):
    return any(type(value) is type(one) and value == one for one in GOOD.get(field, ()))


@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_of_an_order_that_is_wrong_is_refused_and_nothing_is_kept(field):
    async with trading() as world, world.client() as client:
        for value in (one for one in NASTY if not is_good(field, one)):
            body = ticket() | {field: value}
            answered = await world.ask("POST", f"{API}/orders", body)
            told = await client.ask("order.submit", order=body)
            assert answered.status in {400, 422}, (field, value, answered.body)
            assert told["type"] == "error", (field, value)
            assert told["code"] == answered.code
        kept = (await world.ask("GET", f"{API}/orders")).json()["items"]

    assert kept == []


def several(body, paths):
    """Some requests to one node."""
    return st.lists(st.tuples(st.sampled_from(sorted(paths)), body), min_size=4, max_size=8)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(several(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6) | JSON, BODIES))
async def test_any_json_gets_an_answer(asked):
    statuses = set()
    async with trading(user_rate_limit_per_min=10**6) as world:
        with capture_logs() as logs:
            for path, body in asked:
                mixed = BODIES[path] | body if isinstance(body, dict) else body
                for one in (body, mixed):
                    statuses.add((await world.ask("POST", path, json.dumps(one).encode())).status)

    assert statuses <= {200, 201, 400, 404, 409, 422}
    assert [one for one in logs if one["log_level"] in {"error", "critical"}] == []


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(several(st.dictionaries(st.text(max_size=20), JSON, max_size=4), CHANGES))
async def test_any_change_gets_an_answer(asked):
    async with trading() as world:
        with capture_logs() as logs:
            answers = [
                await world.ask("PATCH", path, one) for path, body in asked for one in (body, CHANGES[path] | body)
            ]

    assert {answered.status for answered in answers} <= {200, 400, 404, 409, 422}
    assert [one for one in logs if one["log_level"] in {"error", "critical"}] == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":NaN}', b"[" * 5_000, b'"' + b"x" * 999])
async def test_bytes_that_are_no_body_get_an_answer(raw):
    statuses = {}
    async with trading("local", "admin") as world:
        with capture_logs() as logs:
            for name in PRIVATE:
                method, _, path = name.partition(" ")
                statuses[name] = (await world.ask(method, path, raw, user="admin")).status

    for name, status in statuses.items():
        is_absent = name.partition(" ")[2].startswith(ABSENT)
        kind = routes.get(name)
        needs = kind.body is not None or any(one.required for one in msgspec.structs.fields(kind.query))
        expected = {400, 422} if needs else {404} if is_absent else {200}
        assert status in expected, name
    assert [one for one in logs if one["log_level"] in {"error", "critical"}] == []


TEXTS = st.text(min_size=1, max_size=60) | st.text(alphabet=string.printable, min_size=1, max_size=60)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(texts=st.lists(TEXTS, min_size=4, max_size=8))
async def test_any_name_in_a_path_is_absent(texts):
    statuses = set()
    async with trading(user_rate_limit_per_min=10**6) as world:
        with capture_logs() as logs:
            for name in (quote(text, safe="") for text in texts):
                answers = [
                    await world.ask("GET", f"{API}/orders/{name}x"),
                    await world.ask("DELETE", f"{API}/orders/{name}x"),
                    await world.ask("PATCH", f"{API}/orders/{name}x", {"price": "1"}),
                    await world.ask("POST", f"{API}/positions/{name}x/close", {}),
                    await world.ask("DELETE", f"{API}/strategies/{name}x"),
                ]
                statuses |= {answered.status for answered in answers}

    assert statuses <= {404, 405}
    assert [one for one in logs if one["log_level"] in {"error", "critical"}] == []


OPERATIONS = st.sampled_from(
    ["order.submit", "order.validate", "order.batch", "order.modify", "order.cancel", "position.close", "deadman"]
)
ARGUMENTS = st.dictionaries(
    st.sampled_from(["order", "orders", "client_order_id", "price", "timeout_s", "instrument_id"]), JSON, max_size=4
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(OPERATIONS, ARGUMENTS), min_size=1, max_size=20))
async def test_any_command_gets_an_answer_and_the_connection_stays(asked):
    async with trading() as world, world.client() as client:
        with capture_logs() as logs:
            answers = [await client.ask(op, **fields) for op, fields in asked]
            pong = await client.ask("ping")

    assert {answer["type"] for answer in answers} <= {"ack", "error"}
    assert "internal" not in {answer.get("code") for answer in answers}
    assert pong["type"] == "pong"
    assert [one for one in logs if one["log_level"] in {"error", "critical"}] == []


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "-", "\x01"])
async def test_what_is_no_json_is_refused_in_both_ways(value):
    text = json.dumps(ticket()).replace('"0.50000"', value)
    async with trading() as world, world.client() as client:
        answered = await world.ask("POST", f"{API}/orders", text.encode())
        await client.ws.send_str(f'{{"op":"order.submit","id":1,"order":{text}}}')
        told = await client.until("error")

    assert (answered.status, answered.code, told["code"]) == (400, "bad_request", "bad_request")
