"""JSON schemas of structs made better than msgspec alone makes them: documented, exact, readable by every validator."""

import ast
import inspect
import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from textwrap import dedent
from typing import Any, get_args, get_type_hints

from msgspec import Struct, UnsetType
from msgspec.structs import fields


def describe(schemas: dict[str, Any], kinds: Iterable[Any]) -> dict[str, Any]:
    """Return JSON schemas of structs with the fields' docstrings as descriptions.

    Args:
        schemas: Name -> schema, as msgspec makes them.
        kinds: The structs they were made of; those within their fields are found from there.
    """
    found = {kind.__name__: kind for kind in _all_structs(kinds)}
    for name, schema in schemas.items():
        for field, about in field_docs(found[name]).items() if name in found else ():
            schema.get("properties", {}).get(field, {}).setdefault("description", about)
    return schemas


def require_sent_fields(schemas: dict[str, Any], kinds: Iterable[Any]) -> None:
    """Mark as required what is always there in structs that we encode; msgspec asks only what a reader needs."""
    for kind in _all_structs(kinds):
        if kind.__name__ in schemas and not kind.__struct_config__.omit_defaults:
            schema = schemas[kind.__name__]
            names = [one.encode_name for one in fields(kind) if UnsetType not in get_args(one.type)]
            tag = kind.__struct_config__.tag_field
            schema["required"] = [*([tag] if tag else []), *names]


def portable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its patterns in the words of JSON Schema, and a type beside every list of texts."""
    found = {name: _portable(value) for name, value in schema.items()}
    pattern, choices = found.get("pattern"), found.get("enum")
    if isinstance(pattern, str):
        found["pattern"] = pattern.replace("\\A", "^").replace("\\Z", "$")
    if isinstance(choices, list) and all(isinstance(one, str) for one in choices):
        found.setdefault("type", "string")
    return found


@cache
def field_docs(kind: type[Struct]) -> dict[str, str]:
    """Return field -> docstring of a struct, its bases included."""
    docs: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base is not Struct and issubclass(base, Struct):
            docs |= _own_docs(base)
    return docs


def _portable(value: object) -> object:
    if isinstance(value, list):
        return [_portable(one) for one in value]
    return portable(value) if isinstance(value, dict) else value


def _own_docs(kind: type[Struct]) -> dict[str, str]:
    try:
        tree = ast.parse(dedent(inspect.getsource(kind)))
    except (OSError, TypeError):  # made at run time: nothing to read
        return {}
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    docs = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (text := _text(below)):
            docs[field.target.id] = text
    return docs


def _text(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return re.sub(r"\s*\n\s*", " ", node.value.value.strip())
    return None


def _all_structs(kinds: Iterable[Any]) -> list[type[Struct]]:
    found: dict[type[Struct], None] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, Struct) and kind not in found:
            found[kind] = None
            waiting += get_type_hints(kind).values()
        waiting += get_args(kind)
    return list(found)
