"""The settings in force as TOML, and every key with its meaning, from the structs themselves."""

import inspect
import json
from typing import Any

import msgspec
import msgspec.inspect
from msgspec import Struct

from config.field_docs import field_docs
from config.schema import NodeConfig


def settings_text(config: NodeConfig) -> str:
    """Return a configuration as TOML that `load_config` reads back to the same."""
    lines: list[str] = []
    _write_table(lines, "", msgspec.to_builtins(config))
    return "\n".join(lines).strip()


def schema_text() -> str:
    """Return every key with its type, default and meaning, in the order of the structs."""
    lines: list[str] = []
    _describe(lines, "", NodeConfig)
    return "\n".join(lines).strip()


def _write_table(lines: list[str], path: str, table: dict[str, Any]) -> None:
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    lists = {key: value for key, value in table.items() if _is_table_list(value)}
    for key, value in table.items():
        if value is not None and key not in tables and key not in lists:
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in tables.items():
        lines += ["", f"[{path}{_key(key)}]"]
        _write_table(lines, f"{path}{_key(key)}.", value)
    for key, items in lists.items():
        for item in items:
            lines += ["", f"[[{path}{_key(key)}]]"]
            _write_table(lines, f"{path}{_key(key)}.", item)


def _is_table_list(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, dict) for item in value)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _describe(lines: list[str], path: str, struct: type[Struct], about: str = "") -> None:
    lines += ["", f"[{path.removesuffix('.')}]" if path else "# top level"]
    about = f"{about}\n{inspect.getdoc(struct) or ''}"
    lines += [f"# {text}" for text in about.splitlines() if text]
    below: list[tuple[str, type[Struct], str]] = []
    for field in msgspec.structs.fields(struct):
        inner = _struct_within(field.type)
        meaning = field_docs(struct).get(field.name, "")
        if inner is not None:
            below.append((f"{path}{field.name}{_suffix(field.type)}.", inner, meaning))
            continue
        default = "required" if field.required else f"default {_default(field)}"
        kind = _type_name(field.type)
        lines.append(f"{field.name} = <{kind}>  # {default}{'; ' + meaning if meaning else ''}")
    for name, inner, meaning in below:
        _describe(lines, name, inner, meaning)


def _struct_within(kind: Any) -> type[Struct] | None:  # noqa: ANN401  # any type annotation
    info = msgspec.inspect.type_info(kind)
    if isinstance(info, msgspec.inspect.DictType):
        info = info.value_type
    elif isinstance(info, msgspec.inspect.VarTupleType):
        info = info.item_type
    return info.cls if isinstance(info, msgspec.inspect.StructType) else None


def _suffix(kind: Any) -> str:  # noqa: ANN401  # any type annotation
    info = msgspec.inspect.type_info(kind)
    if isinstance(info, msgspec.inspect.DictType):
        return ".NAME"
    return "[]" if isinstance(info, msgspec.inspect.VarTupleType) else ""


def _default(field: msgspec.structs.FieldInfo) -> str:
    made = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return "none" if made is None else json.dumps(msgspec.to_builtins(made))


def _type_name(kind: Any) -> str:  # noqa: ANN401  # any type annotation
    made = msgspec.json.schema(kind, schema_hook=lambda _: {"type": "any"})
    if "enum" in made:
        return "|".join(str(value) for value in made["enum"])
    return "|".join(str(option.get("type", "any")) for option in made.get("anyOf", [made]))
