"""The WebSocket's document: complete, every reference leads somewhere, every example is of its message."""

import json
import re

import pytest
from jsonschema import Draft7Validator

from actors.bridge.access import CHANNELS, OPERATIONS
from actors.bridge.asyncapi import document, document_text
from actors.bridge.channel import channels
from actors.bridge.contract import document as openapi
from actors.bridge.plugins import message_types
from tests.bridge.fakes import make_context
from tests.bridge.rest_client import serving

DOCUMENT = document()
MESSAGES = DOCUMENT["components"]["messages"]
PRODUCT = {key: one for key, one in DOCUMENT["channels"].items() if key != "ws"}


def found(pointer):
    node = DOCUMENT
    for step in pointer.removeprefix("#/").split("/"):
        node = node[step]
    return node


def references(node):
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [one for value in node.values() for one in references(value)]
    return [one for value in node for one in references(value)] if isinstance(node, list) else []


def payload(message):
    name = message["payload"]["$ref"].rpartition("/")[2]
    return Draft7Validator({"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]})


def test_every_reference_leads_somewhere():
    for one in references(DOCUMENT):
        assert found(one), one


def test_it_has_what_asyncapi_3_asks_of_every_part():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    assert all({"host", "protocol"} <= one.keys() for one in DOCUMENT["servers"].values())
    keys = [*DOCUMENT["channels"], *DOCUMENT["operations"], *MESSAGES, *DOCUMENT["components"]["schemas"]]
    assert [one for one in keys if not re.fullmatch(r"[A-Za-z0-9._-]+", one)] == []
    for channel in DOCUMENT["channels"].values():
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == channel.get("parameters", {}).keys()
        assert channel["messages"]


def test_operations_use_the_messages_of_their_channel():
    for name, one in DOCUMENT["operations"].items():
        assert one["action"] in {"send", "receive"}, name
        for side in filter(None, (one, one.get("reply"))):
            assert [
                ref["$ref"] for ref in side["messages"] if not ref["$ref"].startswith(side["channel"]["$ref"])
            ] == []


def test_every_message_operation_and_channel_is_in_it():
    assert MESSAGES.keys() == {kind.__name__ for kind in message_types()}
    assert DOCUMENT["channels"]["ws"]["messages"].keys() == MESSAGES.keys()
    assert {one["address"].partition(":")[0] for one in PRODUCT.values()} == set(channels)
    received = [one for one in DOCUMENT["operations"].values() if one["action"] == "receive"]
    assert {one["title"]: one["x-role"] for one in received} == OPERATIONS
    assert {one["address"].partition(":")[0]: one["x-role"] for one in PRODUCT.values()} == CHANNELS


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example_that_fits_its_schema(name):
    validator = payload(MESSAGES[name])

    for one in MESSAGES[name].get("examples", ()):
        validator.validate(one["payload"])
    assert "examples" in MESSAGES[name] or name.endswith("Snapshot")


@pytest.mark.parametrize("key", PRODUCT)
def test_a_channel_is_described_with_every_parameter(key):
    channel = PRODUCT[key]

    assert {"title", "x-kind", "x-scope", "x-role"} <= channel.keys()
    assert [one for one, about in channel.get("parameters", {}).items() if not about.get("examples")] == []


def test_every_channel_shown_in_an_example_has_the_form_of_its_channel():
    names = {
        one["payload"]["ch"]
        for message in MESSAGES.values()
        for one in message.get("examples", ())
        if isinstance(one["payload"].get("ch"), str)
    }

    for name in names:
        forms = [re.escape(one["address"]) for one in PRODUCT.values()]
        assert any(re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^:]+", form), name) for form in forms), name


def test_its_schemas_are_those_of_openapi_in_the_words_of_draft_07():
    schemas = openapi()["components"]["schemas"]

    for name, schema in DOCUMENT["components"]["schemas"].items():
        Draft7Validator.check_schema(schema)
        assert schema["properties"].keys() == schemas[name]["properties"].keys()
    assert "prefixItems" not in document_text()


async def test_the_node_serves_it_to_everybody():
    async with serving(make_context()) as client:
        answer = await client.get("/asyncapi.json")
        again = await client.get("/asyncapi.json", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.json() == json.loads(document_text())
    assert again.status == 304
