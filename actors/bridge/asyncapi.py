"""The contract of the WebSocket: AsyncAPI 3.0 made from the structs of `contract.py` and the registered channels."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from actors.bridge.access import CHANNELS, OPERATIONS
from actors.bridge.channel import Channel, channels
from actors.bridge.command import Command, commands
from actors.bridge.contract import VERSION, client_messages, message_schemas, server_messages
from actors.bridge.wire_messages import CONTROL_MESSAGES, PROTOCOL, Ack, ErrorMessage
from actors.market import INTERVALS

type Json = dict[str, Any]

DOCS = Path(__file__).parents[2] / "docs" / "protocol.md"
"""Its JSON blocks are the examples, so that each example stands in one place and is tested there."""
PARAMETERS: Json = {
    "instrument_id": {"description": "Instrument id, `SYMBOL.VENUE`.", "examples": ["BTC-USDT.SIM"]},
    "interval": {"description": "Bar interval.", "enum": list(INTERVALS), "examples": ["1m"]},
    "depth": {"description": "Price levels a side.", "examples": ["20"]},
    "indicator": {"description": "Name and parameters of an indicator.", "examples": ["EMA(20)"]},
}
"""What stands in the braces of a channel's name; one that is not here is described by its name alone."""

_WS = "ws"
_REF = "#/components/schemas/{name}"
_ABOUT = f"""Everything live of one trading node, over one connection: GET /ws, subprotocol `{PROTOCOL}`.

A client sends operations (`op`) and gets one answer to each, with its `id`. It subscribes to channels by name; each
gives a snapshot and then what changes, numbered by `seq`. The channels whose address is not a path are such names.
Prices and quantities are decimal text, times UNIX milliseconds (UTC)."""
_RECEIVE = "Sent by clients, each answered with the same `id`: done as a whole or refused as a whole."


def document() -> Json:
    """Return the AsyncAPI document: the connection, every channel on it, every operation and every message."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Whisperer", "version": VERSION, "description": _ABOUT, "license": {"name": "MIT"}},
        "defaultContentType": "application/json",
        "servers": {"node": _server()},
        "channels": {_WS: _socket()} | _product_channels(),
        "operations": _operations(),
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in (*server_messages(), *client_messages())},
            "schemas": _draft_07(message_schemas()),
        },
    }


def document_text() -> str:
    """Return the document for people and for the golden file."""
    return json.dumps(document(), indent=1) + "\n"


def _server() -> Json:
    return {
        "host": "{host}:{port}",
        "protocol": "ws",
        "description": "The node; `server.ws_port` may open a second port for the WebSocket alone.",
        "variables": {"host": {"default": "127.0.0.1"}, "port": {"default": "8080"}},
    }


def _socket() -> Json:
    kinds = (*server_messages(), *client_messages())
    return {
        "address": "/ws",
        "title": "The connection",
        "description": "Text frames, one JSON object each. The server speaks first: `hello`.",
        "messages": {kind.__name__: _message_ref(kind) for kind in kinds},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
    }


def _product_channels() -> Json:
    found: Json = {}
    for name in channels:
        kind = channels.get(name)
        for number, form in enumerate(kind.forms or (name,)):
            key = f"{name}_by_{form.rpartition(':')[2].strip('{}')}" if number else name
            found[key] = _product_channel(name, form, kind)
    return found


def _product_channel(name: str, form: str, kind: type[Channel]) -> Json:
    title, text = _texts(kind)
    described: Json = {
        "address": form,
        "title": title,
        "messages": {one.__name__: _message_ref(one) for one in (kind.snapshot_message, kind.update)},
        "x-connection": {"$ref": f"#/channels/{_WS}"},
        "x-kind": kind.kind,
        "x-scope": "private" if kind.is_private else "shared",
        "x-role": CHANNELS.get(name, "viewer"),
    }
    if kind.kind != "latest":
        described["x-ring"] = kind.ring_size
    if text:
        described["description"] = text
    if wanted := re.findall(r"\{(\w+)\}", form):
        described["parameters"] = {one: PARAMETERS.get(one, {"description": one}) for one in wanted}
    return described


def _operations() -> Json:
    sent = {f"send_{kind.__struct_config__.tag}": _sent(kind) for kind in CONTROL_MESSAGES if kind is not Ack}
    for key, channel in _product_channels().items():
        sent[f"send_{key}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{key}"},
            "summary": f"What subscribers of {channel['address']} get.",
            "messages": [{"$ref": f"#/channels/{key}/messages/{name}"} for name in channel["messages"]],
        }
    return {f"receive_{name.replace('.', '_')}": _received(name, commands.get(name)) for name in commands} | sent


def _received(name: str, kind: type[Command]) -> Json:
    title, _ = _texts(kind)
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{_WS}"},
        "title": name,
        "summary": title,
        "description": _RECEIVE,
        "messages": [_use_of(kind)],
        "reply": {
            "channel": {"$ref": f"#/channels/{_WS}"},
            "messages": [_use_of(kind.reply), _use_of(ErrorMessage)],
        },
        "x-role": OPERATIONS.get(name, "viewer"),
    }


def _sent(kind: type[Struct]) -> Json:
    title, _ = _texts(kind)
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_WS}"},
        "summary": title,
        "messages": [_use_of(kind)],
    }


def _message(kind: type[Struct]) -> Json:
    title, text = _texts(kind)
    tag = str(kind.__struct_config__.tag)
    described: Json = {"name": tag, "title": kind.__name__, "summary": title, "payload": _schema_ref(kind)}
    if text:
        described["description"] = text
    if examples := [one for one in _examples() if _is_of(kind, one)]:
        described["examples"] = [{"payload": one} for one in examples]
    return described


def _is_of(kind: type[Struct], example: Json) -> bool:
    config = kind.__struct_config__
    if example.get(config.tag_field or "") != config.tag:
        return False
    if config.tag != "snapshot":
        return True
    channel = str(example["ch"]).partition(":")[0]
    return channel in channels and channels.get(channel).snapshot_message is kind


@cache
def _examples() -> list[Json]:
    try:
        text = DOCS.read_text(encoding="utf-8")
    except OSError:
        return []
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def _texts(kind: type[Any]) -> tuple[str, str]:
    """Return the first line of a docstring and the rest as one paragraph."""
    title, _, text = (kind.__doc__ or "").strip().partition("\n")
    return title.strip(), re.sub(r"\s*\n\s*", " ", text.strip())


def _message_ref(kind: type[Struct]) -> Json:
    return {"$ref": f"#/components/messages/{kind.__name__}"}


def _use_of(kind: type[Struct]) -> Json:
    return {"$ref": f"#/channels/{_WS}/messages/{kind.__name__}"}


def _schema_ref(kind: type[Struct]) -> Json:
    return {"$ref": _REF.format(name=kind.__name__)}


def _draft_07(schema: Any) -> Any:  # noqa: ANN401  # any JSON
    """Return schemas in the older words that AsyncAPI speaks: tuples are lists of `items`."""
    if isinstance(schema, list):
        return [_draft_07(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _draft_07(value) for name, value in schema.items()}
    if "prefixItems" in found:
        found["additionalItems"] = found.pop("items", True)
        found["items"] = found.pop("prefixItems")
    return found
