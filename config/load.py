"""A configuration file, the environment and `--set` -> one checked NodeConfig."""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import msgspec.inspect

from config.errors import ConfigError
from config.schema import NodeConfig

ENV_PREFIX = "WHISPERER__"
Place = dict[str, Any] | list[Any]
_KEY = re.compile(r""""[^"]+"|'[^']+'|[^.="']+""")
_SETTING = re.compile(rf"(?P<key>(?:{_KEY.pattern})(?:\.(?:{_KEY.pattern}))*)=(?P<value>.*)", re.DOTALL)
_BEGINS_WITH_KEY = re.compile(r"(?P<section>[a-z]+)[.\[][^:\s]*")
_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<name>[^`]*)`(?: - at `(?P<path>[^`]*)`)?")
_AT = re.compile(r" - at `(?P<path>[^`]*)`")


def load_config(
    path: Path | None, *, overrides: Iterable[str] = (), environ: Mapping[str, str] | None = None
) -> NodeConfig:
    """Return the configuration of `path` with the environment and `--set` laid over it, in this order.

    Args:
        path: TOML file; None means defaults alone.
        overrides: `section.key=value` each, from `--set`; a key that holds a dot stands in quotes, as in TOML.
        environ: Environment; `WHISPERER__SECTION__KEY` counts.

    Raises:
        ConfigError: One line that names the file (or variable, or option), the key and what was expected.
    """
    tree = {} if path is None else _read(path)
    own_mistake = _mistake(tree)
    name = "defaults" if path is None else str(path)
    sources: dict[str, str] = {}
    for key, text in sorted((os.environ if environ is None else environ).items()):
        if key.startswith(ENV_PREFIX):
            _lay_over(tree, key.removeprefix(ENV_PREFIX).lower().split("__"), text, key, sources)
    for override in overrides:
        match = _SETTING.fullmatch(override)
        if match is None:
            raise ConfigError(f"--set {override}: expected section.key=value, a key with a dot in quotes")
        keys = [key.strip("\"'") for key in _KEY.findall(match["key"])]
        _lay_over(tree, keys, match["value"], f"--set {match['key']}", sources)
    try:
        config = msgspec.convert(tree, NodeConfig)
    except msgspec.ValidationError as e:
        message = _explain(str(e), name, {} if str(e) == own_mistake else sources)
        raise ConfigError(_name_keys(message, tree, str(e))) from e
    _check(config, name, sources)
    return config


def sourced(message: str, path: Path, overrides: Iterable[str]) -> str:
    """Return a message in one line; one that begins with a setting's key names first where the setting comes from."""
    message = " ".join(message.splitlines())
    found = _BEGINS_WITH_KEY.match(message)
    if found is None or found["section"] not in NodeConfig.__struct_fields__:
        return message
    sources = {_path(key.split("__")[1:]): key for key in sorted(os.environ) if key.startswith(ENV_PREFIX)}
    for override in overrides:
        key = override.partition("=")[0]
        sources[_path(key.replace('"', "").split("."))] = f"--set {key}"
    return f"{_source(f'$.{found[0]}', str(path), sources)}: {message}"


def _path(keys: list[str]) -> str:
    """Return a dotted path as messages write it."""
    return "$" + "".join(f"[{key}]" if key.isdecimal() else f".{key.lower()}" for key in keys)


def base_dir(path: Path | None) -> Path:
    """Return the folder that relative paths of a configuration file start from."""
    return Path.cwd() if path is None else path.resolve().parent


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as e:
        raise ConfigError(f"{path}: expected a configuration file, found nothing") from e
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: cannot be read: {e}") from e
    except (ValueError, RecursionError) as e:  # tomllib's own error is a ValueError, as is a number too long to read
        raise ConfigError(f"{path}: is not TOML: {e}") from e


def _mistake(tree: dict[str, Any]) -> str:
    """Return what is wrong with a tree by itself, in the words of msgspec; empty when nothing is."""
    try:
        msgspec.convert(tree, NodeConfig)
    except msgspec.ValidationError as e:
        return str(e)
    return ""


def _lay_over(tree: dict[str, Any], keys: list[str], text: str, source: str, sources: dict[str, str]) -> None:
    """Set one value by its dotted path; names of tables and instruments match in any case."""
    place: Place = tree
    wanted: msgspec.inspect.Type | None = msgspec.inspect.type_info(NodeConfig)
    found = []
    for depth, raw in enumerate(keys):
        key = _existing(place, wanted, raw)
        found.append(_step(place, wanted, key))
        wanted = _child(wanted, key)
        if depth == len(keys) - 1:
            _put(place, key, _value(text, wanted), source)
        else:
            place = _descend(place, key, wanted, source)
    sources["$" + "".join(found)] = source


def _step(place: Place, wanted: msgspec.inspect.Type | None, key: str) -> str:
    """Return one step of a path as msgspec writes it, which does not tell the keys of a dictionary."""
    if isinstance(wanted, msgspec.inspect.DictType):
        return "[...]"
    return f"[{key}]" if isinstance(place, list) else f".{key}"


def _put(place: Place, key: str, value: object, source: str) -> None:
    try:
        if isinstance(place, list):
            place[int(key)] = value
        else:
            place[key] = value
    except (ValueError, IndexError, TypeError) as e:
        raise ConfigError(f"{source}: there is no item {key!r}") from e


def _descend(place: Place, key: str, wanted: msgspec.inspect.Type | None, source: str) -> Place:
    empty: Place = [] if isinstance(wanted, msgspec.inspect.VarTupleType) else {}
    try:
        below = place[int(key)] if isinstance(place, list) else place.setdefault(key, empty)
    except (ValueError, IndexError) as e:
        raise ConfigError(f"{source}: there is no item {key!r}") from e
    if not isinstance(below, dict | list):
        raise ConfigError(f"{source}: {key!r} is a value, not a table")
    return below


def _existing(place: Place, wanted: msgspec.inspect.Type | None, raw: str) -> str:
    names: list[str] = list(place) if isinstance(place, dict) else []
    if isinstance(wanted, msgspec.inspect.StructType):
        names += [field.name for field in wanted.fields]
    for name in names:
        if name.lower() == raw.lower():
            return name
    return raw


def _child(wanted: msgspec.inspect.Type | None, key: str) -> msgspec.inspect.Type | None:
    if isinstance(wanted, msgspec.inspect.StructType):
        return next((_plain(field.type) for field in wanted.fields if field.name == key), None)
    if isinstance(wanted, msgspec.inspect.DictType):
        return _plain(wanted.value_type)
    if isinstance(wanted, msgspec.inspect.VarTupleType):
        return _plain(wanted.item_type)
    return None


def _plain(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    return kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind


def _value(text: str, wanted: msgspec.inspect.Type | None) -> object:
    """Return text as the field wants it: text fields take it as it is, others read it as TOML."""
    if isinstance(wanted, msgspec.inspect.StrType):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # not TOML, or too long or too deep to read: the field's check will say so
        return text


def _explain(message: str, name: str, sources: Mapping[str, str]) -> str:
    at = _AT.search(message)
    path = at["path"] if at else "$"
    unknown = _UNKNOWN_FIELD.search(message)
    if unknown:
        path = f"{path}.{unknown['name']}"
        known = _names(path.rpartition(".")[0])
        near = difflib.get_close_matches(unknown["name"], known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
        message = f"unknown key `{path.removeprefix('$.')}`, {hint}"
    else:
        message = f"{path.removeprefix('$.')}: {_AT.sub('', message)}"
    return f"{_source(path, name, sources)}: {message}"


def _name_keys(message: str, tree: dict[str, Any], mistake: str) -> str:
    """Put the key of a table where msgspec says `[...]`: that of the first one with this very mistake."""
    at = _AT.search(mistake)
    above, dots, below = (at["path"] if at else "").partition("[...]")
    steps = above.removeprefix("$.").split(".")
    table: Any = tree
    for step in steps:
        table = table.get(step) if isinstance(table, dict) else None
    if not dots or not isinstance(table, dict):
        return message
    for key, value in table.items():
        alone: dict[str, Any] = {key: value}
        for step in reversed(steps):
            alone = {step: alone}
        if _mistake(alone) == mistake:
            return message.replace(f"{'.'.join(steps)}[...]{below}", f'{".".join(steps)}."{key}"{below}', 1)
    return message


def _source(path: str, name: str, sources: Mapping[str, str]) -> str:
    """Return the newest variable or option that set something of a path, else the file's name."""
    found = [text for key, text in sources.items() if path.startswith(key) or key.startswith(path)]
    return found[-1] if found else name


def _names(path: str) -> list[str]:
    kind: msgspec.inspect.Type | None = msgspec.inspect.type_info(NodeConfig)
    for key in re.findall(r"[^.\[\]$]+", path.replace("[...]", ".*")):
        kind = _child(kind, key)
    return [field.name for field in kind.fields] if isinstance(kind, msgspec.inspect.StructType) else []


def _check(config: NodeConfig, name: str, sources: Mapping[str, str]) -> None:
    """Check what one field alone cannot say."""

    def mistake(path: str, text: str) -> ConfigError:
        return ConfigError(f"{_source(f'$.{path}', name, sources)}: {path}: {text}")

    if config.auth.mode == "off" and not is_loopback(config.server.host):
        host = config.server.host
        raise mistake("server.host", f"expected a loopback address while there are no users, was {host!r}")
    if config.auth.mode == "off" and config.services:
        raise mistake("services", "expected none while there are no users: everybody here is the local one")
    listeners = config.dialects.magic8_listeners
    if not config.dialects.magic8 and (listeners.predictor_port, listeners.hub_port) != (None, None):
        raise mistake("dialects.magic8_listeners", "expected `magic8 = true` beside ports, was false")
    if config.market == "replay" and not config.replay.instruments:
        raise mistake("replay.instruments", "expected at least one recorded instrument, found none")
    for index, signal in enumerate(config.signals):
        if signal.short_below > signal.long_above:
            limit = f"expected at most long_above ({signal.long_above}), was {signal.short_below}"
            raise mistake(f"signals[{index}].short_below", limit)
    for path, variable in (
        ("server.metrics_token_env", config.server.metrics_token_env),
        ("cache.redis_url_env", config.cache.redis_url_env),
        ("models.key_env", config.models.key_env),
        *((f"ai.{name}.key_env", service.key_env) for name, service in config.ai.items()),
        ("screening.source.key_env", None if config.screening.source is None else config.screening.source.key_env),
        *(
            (f"services.{name}.token_envs", variable)
            for name, service in config.services.items()
            for variable in service.token_envs
        ),
    ):
        if variable is not None and not os.environ.get(variable):
            raise mistake(path, f"expected {variable} in the environment, found nothing")


def is_loopback(host: str) -> bool:
    """Return whether a host name or address stands for this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
