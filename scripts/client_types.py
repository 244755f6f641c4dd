"""The types of the Python client, made from the two documents of the contract."""

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any

type Json = dict[str, Any]

WIDTH = 120
_DECIMAL = r"^-?[0-9]+(\.[0-9]+)?$"
_OTHERS = "bot core"
"""Chapter of the contract that is for other clients."""
_SIMPLE = {"integer": "int", "number": "float", "boolean": "bool", "null": "None", "string": "str"}
_HEAD = '''"""What the API says, as types: made from its contract by scripts/contract.py, not by hand.

Decimals are `Decimal`, with all the digits that were sent; times are UNIX milliseconds, UTC. Texts that are one of a
list are plain `str`, and unknown fields are passed over, so that a newer node does not break an older client.
"""
# ruff: noqa: E741  # the names on the wire

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import {typing}

from msgspec import Struct
'''
_TABLE = '''

class ChannelType(NamedTuple):
    """What travels on one kind of channel."""

    kind: str
    """`log`: every row comes; `latest`: the newest value does; `mixed`: a log whose next row shows while it grows."""
    update: type[Struct]
    snapshot: type[Struct]


CHANNELS: Mapping[str, ChannelType] = MappingProxyType(
    {
'''


def module_text(openapi: Json, asyncapi: Json) -> str:
    """Return the module's source: a struct per schema that the server sends, and the table of channels."""
    schemas = openapi["components"]["schemas"]
    table = dict(sorted(_channels(asyncapi)))
    roots = [*_replies(openapi), *_references(openapi["components"]["schemas"]["ServerMessage"])]
    names = _in_order(schemas, roots)
    _check_unique(names)
    structs = "".join(_struct(name, schemas[name]) for name in names)
    rows = "".join(f'        "{name}": ChannelType({row}),\n' for name, row in table.items())
    head = _HEAD.replace("{typing}", "Any, NamedTuple" if re.search(r"\bAny\b", structs) else "NamedTuple")
    return f'{head}{structs}{_TABLE}{rows}    }}\n)\n"""First part of a channel\'s name -> what travels on it."""\n'


def public_name(name: str) -> str:
    """Return the client's name of a schema: `SignalBody` -> `Signal`."""
    return re.sub(r"(?<=[a-z])(Body)$", "", name)


def _channels(asyncapi: Json) -> Iterator[tuple[str, str]]:
    for channel in asyncapi["channels"].values():
        if "x-kind" in channel:
            snapshot, update = channel["messages"]
            yield channel["address"].partition(":")[0], f'"{channel["x-kind"]}", {update}, {snapshot}'


def _replies(openapi: Json) -> list[str]:
    verbs = [verb for verbs in openapi["paths"].values() for verb in verbs.values()]
    found = [verb["responses"] for verb in verbs if verb["tags"] != [_OTHERS]]
    answers = [answer for one in found for status, answer in one.items() if status.startswith("2")]
    return [*_references(answers), "Problem"]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["$ref"]).rpartition("/")[2]] if "$ref" in node else []
        return own + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []


def _in_order(schemas: Json, roots: list[str]) -> list[str]:
    """Return the schemas that the roots need, each after those that it needs itself."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in found:
            for needed in _references(schemas[name]):
                visit(needed)
            found[name] = None

    for root in sorted(set(roots)):
        visit(root)
    return list(found)


def _check_unique(names: list[str]) -> None:
    shown = [public_name(name) for name in names]
    if twice := {name for name in shown if shown.count(name) > 1}:
        raise ValueError(f"two schemas would have one name in the client: {', '.join(sorted(twice))}")


def _struct(name: str, schema: Json) -> str:
    fields = dict(schema["properties"])
    tag = ""
    if len(fields.get("type", {}).get("enum", ())) == 1 and "type" in schema.get("required", ()):
        (value,) = fields.pop("type")["enum"]
        tag = f', tag_field="type", tag="{value}"'
    lines = [f"\n\nclass {public_name(name)}(Struct, frozen=True, kw_only=True{tag}):"]
    lines += _docstring(schema.get("description", name))
    if fields:
        lines.append("")
    for field, shape in fields.items():
        lines.append(f"    {field}: {_annotation(shape, is_required=field in schema.get('required', ()))}")
        lines += _docstring(re.sub(r" ?\(?decimal as text\)?(?=\.?$)", "", shape.get("description", "")))
    return "\n".join(lines) + "\n"


def _annotation(shape: Json, *, is_required: bool) -> str:
    kind = _kind(shape)
    if is_required:
        return kind
    default = shape.get("default")
    if isinstance(default, str | int | float) and "Decimal" not in kind:
        return f"{kind} = {_literal(default)}"
    if default == [] and kind.startswith("tuple"):
        return f"{kind} = ()"
    return f"{kind} = None" if kind.endswith("None") else f"{kind} | None = None"


def _literal(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _kind(shape: Json) -> str:
    if "$ref" in shape:
        return public_name(shape["$ref"].rpartition("/")[2])
    if "anyOf" in shape:
        return " | ".join(sorted({_kind(one) for one in shape["anyOf"]}, key=lambda one: (one == "None", one)))
    if shape.get("pattern") == _DECIMAL:
        return "Decimal"
    if shape.get("type") == "array":
        return _tuple(shape)
    if shape.get("type") == "object":
        return f"dict[str, {_kind(shape.get('additionalProperties') or {})}]"
    return _SIMPLE.get(shape.get("type", ""), "Any")


def _tuple(shape: Json) -> str:
    if "prefixItems" in shape:
        return f"tuple[{', '.join(_kind(one) for one in shape['prefixItems'])}]"
    return f"tuple[{_kind(shape.get('items') or {})}, ...]"


def _docstring(text: str) -> list[str]:
    if not text.strip("."):
        return []
    text = text[:1].upper() + text[1:] if not text.startswith("`") else text
    text = text if text.endswith((".", "`")) else f"{text}."
    if len(text) <= WIDTH - 10:
        return [f'    """{text}"""']
    head, _, rest = text.partition(". ")
    first, *more = wrap(text, WIDTH - 7) if len(head) > WIDTH - 8 else [f"{head}.", *wrap(rest, WIDTH - 4)]
    return [f'    """{first}', *([""] if len(head) <= WIDTH - 8 else []), *(f"    {line}" for line in more), '    """']
