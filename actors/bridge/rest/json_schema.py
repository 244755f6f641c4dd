"""JSON schemas of structs made better than msgspec alone makes them: documented, exact, readable by every validator."""

from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

from msgspec import Struct, UnsetType
from msgspec.structs import fields

from config.field_docs import field_docs


def describe(schemas: dict[str, Any], kinds: Iterable[Any]) -> dict[str, Any]:
    """Return JSON schemas of structs with the fields' docstrings as descriptions, before those of their types.

    Args:
        schemas: Name -> schema, as msgspec makes them.
        kinds: The structs they were made of; those within their fields are found from there.
    """
    found = {kind.__name__: kind for kind in _all_structs(kinds)}
    for name, schema in schemas.items():
        for field, about in field_docs(found[name]).items() if name in found else ():
            shape = schema.get("properties", {}).get(field, {})
            general = shape.get("description")  # of the type
            shape["description"] = about if general in {None, about} else f"{about.removesuffix('.')} ({general})."
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


def _portable(value: object) -> object:
    if isinstance(value, list):
        return [_portable(one) for one in value]
    return portable(value) if isinstance(value, dict) else value


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
