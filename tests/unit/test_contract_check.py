"""The check of everything that tests hear finds what is wrong."""

import json

import jsonschema
import msgspec
import pytest

from actors.wire import Bar
from config.errors import UnknownPluginError
from tests.contract_check import check_answer, check_body, check_message

STATUS_PATH = "/api/v1/instruments"
HEADERS = {"X-Request-ID": "a", "Content-Type": "application/json"}


def bar(**changes):
    data = {"t": 60_000, "o": "1", "h": "2", "l": "1", "c": "2", "v": "0", "closed": True} | changes.pop("data", {})
    return json.dumps({"type": "bar", "ch": "bars:A.B:1m", "seq": 1, "ts": 60_000, "data": data} | changes).encode()


def test_a_message_of_the_contract_passes():
    assert check_message(bar())["seq"] == 1


@pytest.mark.parametrize(
    "payload",
    [
        bar(more=1),
        bar(data={"more": 1}),
        bar(seq=-1),
        bar(data={"o": 1}),
        bar(data={"o": "1e5"}),
        bar(type="trade"),
        bar(ch="nothing:A"),
        b'{"type":"unheard"}',
    ],
)
def test_anything_else_fails(payload):
    with pytest.raises((AssertionError, msgspec.ValidationError, UnknownPluginError)):
        check_message(payload)


def test_a_body_is_held_against_its_route():
    good = json.dumps({"items": [], "next": None}).encode()

    check_answer("GET", f"{STATUS_PATH}?limit=1", 200, HEADERS, good)
    for body in (b'{"items":[]}', b'{"items":[],"next":null,"more":1}', b'{"items":[1],"next":null}'):
        with pytest.raises((AssertionError, msgspec.ValidationError)):
            check_answer("GET", STATUS_PATH, 200, HEADERS, body)
    with pytest.raises(AssertionError, match="text/plain"):
        check_answer("GET", STATUS_PATH, 200, HEADERS | {"Content-Type": "text/plain"}, good)


def test_a_tag_is_promised_or_not_sent():
    check_answer("GET", STATUS_PATH, 304, HEADERS | {"ETag": '"a"'}, b"")
    with pytest.raises(AssertionError, match="304"):
        check_answer("GET", "/api/v1/status", 304, HEADERS | {"ETag": '"a"'}, b"")


def test_the_schema_is_looked_at_too():
    class Strange(msgspec.Struct):
        """Not in the contract: its schema is missing."""

    with pytest.raises((KeyError, jsonschema.exceptions._WrappedReferencingError)):
        check_body(b"{}", Strange)
    assert check_body(msgspec.json.encode(Bar(1, "1", "1", "1", "1", "1", closed=True)), Bar)["t"] == 1
