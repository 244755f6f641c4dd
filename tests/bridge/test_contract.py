"""The contract: golden file, complete, and in step with the authorization table and the error codes."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from actors.bridge.access import ROUTES
from actors.bridge.contract import document, document_text
from actors.bridge.rest.route import routes
from actors.bridge.rest.traffic import SOCKETS
from config import errors
from config.errors import ERROR_CODES, NodeError
from scripts.contract import GOLDEN

ROOT = Path(__file__).parents[2]
DOCUMENT = document()
OPERATIONS = [(path, verb) for path, verbs in DOCUMENT["paths"].items() for verb in verbs]


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.name)
def test_a_golden_file_is_the_contract(file):
    assert file.read_text() == GOLDEN[file](), "run scripts/contract.py, and look at what changed"


def test_every_route_is_in_it_with_its_role():
    roles = {f"{verb.upper()} {path}": DOCUMENT["paths"][path][verb]["x-role"] for path, verb in OPERATIONS}

    assert roles == {name: role for name, role in ROUTES.items() if name not in SOCKETS}
    assert set(roles) == set(routes)


def test_operation_ids_are_unique_and_fit_a_programming_language():
    names = [DOCUMENT["paths"][path][verb]["operationId"] for path, verb in OPERATIONS]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)


@pytest.mark.parametrize(("path", "verb"), OPERATIONS)
def test_every_parameter_is_described(path, verb):
    operation = DOCUMENT["paths"][path][verb]

    assert operation["summary"]
    assert [one["name"] for one in operation["parameters"] if not one["description"]] == []
    assert set(re.findall(r"\{(\w+)\}", path)) == {
        one["name"] for one in operation["parameters"] if one["in"] == "path"
    }


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/openapi.json", "/asyncapi.json", "/api/v1/instruments", "/api/v1/bars"]
)
def test_what_carries_a_tag_may_be_answered_with_304(path):
    replies = DOCUMENT["paths"][path]["get"]["responses"]

    assert "content" not in replies["304"]
    assert "ETag" in replies["200"]["headers"]
    assert "ETag" in replies["304"]["headers"]


@pytest.mark.slow
def test_every_schema_is_valid_and_every_reference_leads_somewhere():
    schemas = DOCUMENT["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)

    names = set(re.findall(r'"#/components/schemas/([^"]+)"', document_text()))
    assert names <= set(schemas)


def test_patterns_are_those_of_json_schema():
    assert r"\\A" not in document_text()
    assert r"\\Z" not in document_text()


def test_fields_carry_their_docstrings():
    properties = DOCUMENT["components"]["schemas"]["SignalBody"]["properties"]

    assert properties["score"]["description"] == "-1..1."


def test_what_is_always_sent_is_required():
    schemas = DOCUMENT["components"]["schemas"]

    assert {"errors", "code", "request_id"} <= set(schemas["Problem"]["required"])
    assert "min_quantity" in schemas["InstrumentItem"]["required"]
    assert "features" not in schemas["SignalItem"]["required"]


def test_the_messages_of_the_websocket_are_in_it():
    schemas = DOCUMENT["components"]["schemas"]
    kinds = [schemas[one["$ref"].rpartition("/")[2]] for one in schemas["ServerMessage"]["anyOf"]]
    types = {value for kind in kinds for value in kind["properties"]["type"]["enum"]}

    assert {"hello", "ack", "error", "snapshot", "bar", "ai_signal", "status", "hb", "pong", "notice"} <= types
    assert {"Subscribe", "Unsubscribe", "Ping", "Auth"} <= set(schemas)


def test_every_code_stands_in_the_docs_with_a_meaning():
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE
    )

    assert [row[0] for row in rows] == list(ERROR_CODES)
    assert all(len(cell.strip()) > 1 for row in rows for cell in row)


@pytest.mark.parametrize(
    "kind", [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, NodeError)]
)
def test_the_docs_give_every_error_its_status(kind):
    (row,) = re.findall(rf"^\| `{kind.code}` \| ([^|]+) \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE)

    assert str(kind.status) in row
