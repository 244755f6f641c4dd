"""One section of the configuration -> one strategy: a registered one, or any class written for Nautilus."""

import importlib
import inspect
from decimal import InvalidOperation
from typing import Any, cast, get_type_hints

import msgspec
from nautilus_trader.model import StrategyId
from nautilus_trader.trading import Strategy, StrategyConfig

from config.errors import ConfigError
from config.trading import StrategyConfigSection
from strategies.base import TraderMixin, TraderStrategy
from strategies.registry import strategies


def load_strategy(section: StrategyConfigSection, *, tag: str = "001", unique_ids: bool = False) -> TraderMixin:
    """Return the strategy that `section` describes, guarded and not yet attached to anything.

    Args:
        section: One `[[strategies]]` table.
        tag: Ends its strategy id and its order ids; unique within one node. The engine splits ids at hyphens: without.
        unique_ids: A live strategy: called `T-<tag>`, its client order ids never repeat across starts; else they are
            numbered and repeat run by run, as a backtest must.

    Raises:
        ConfigError: If there is no such strategy, or its parameters are wrong.
    """
    identity: dict[str, Any] = {
        "strategy_id": StrategyId(f"T-{tag}" if unique_ids else f"{section.name}-{tag}"),
        "order_id_tag": tag,
        "use_uuid_client_order_ids": unique_ids,
        "use_hyphens_in_client_order_ids": not unique_ids,
    }
    if unique_ids:
        identity |= {"log_events": False, "log_commands": False}  # each would be a line in the log of the node
    if section.path is not None:
        return _foreign(section, identity)
    cls = strategies.get(section.name)
    if not issubclass(cls, TraderStrategy):
        raise ConfigError(f"strategies.{section.name}: {cls.__name__} must be a subclass of TraderStrategy")
    strategy: TraderMixin = _built(section.name, cls, StrategyConfig(**identity), _params(cls, section))
    return strategy


def _params(cls: type[TraderStrategy], section: StrategyConfigSection) -> object:
    try:
        return msgspec.convert(section.params, cls.params_type)
    except msgspec.ValidationError as e:
        raise ConfigError(f"strategies.{section.name}.params: {e}") from e


def _foreign(section: StrategyConfigSection, identity: dict[str, Any]) -> TraderMixin:
    cls = _imported(cast("str", section.path), section.name)
    if not (inspect.isclass(cls) and issubclass(cls, Strategy)):
        raise ConfigError(f"strategies.{section.name}: {section.path} is not a subclass of Nautilus's Strategy")
    if section.config_path is None:
        if section.params:
            raise ConfigError(f"strategies.{section.name}: params need a config_path")
        config: Any = StrategyConfig(**identity)
    else:
        config = _foreign_config(_imported(section.config_path, section.name), section, identity)
    guarded = (
        cls if issubclass(cls, TraderMixin) else type(cls.__name__, (TraderMixin, cls), {"__module__": cls.__module__})
    )
    strategy: TraderMixin = _built(section.name, guarded, config)
    return strategy


def _foreign_config(cls: Any, section: StrategyConfigSection, identity: dict[str, Any]) -> Any:  # noqa: ANN401
    hints = get_type_hints(cls.__init__)
    given = {key: _converted(value, hints.get(key), f"{section.name}.{key}") for key, value in section.params.items()}
    taken = inspect.signature(cls.__init__).parameters
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken.values())
    known = {key: value for key, value in identity.items() if takes_all or key in taken}
    return _built(section.name, cls, **(known | given))


def _converted(value: object, hint: Any, where: str) -> object:  # noqa: ANN401  # any annotation
    """Return text as the engine type that the configuration class is annotated with."""
    if not isinstance(value, str) or not inspect.isclass(hint) or hint is str:
        return value
    kind = cast("Any", hint)
    try:
        return kind.from_str(value) if hasattr(kind, "from_str") else kind(value)
    except (ValueError, TypeError, InvalidOperation) as e:
        raise ConfigError(f"strategies.{where}: expected {kind.__name__}, was {value!r}") from e


def _imported(path: str, label: str) -> Any:  # noqa: ANN401  # anything a module holds
    module, _, name = path.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as e:  # plug-in loading: whatever somebody else's module raises
        raise ConfigError(f"strategies.{label}: cannot load {path}: {type(e).__name__}: {e}") from e


def _built(label: str, cls: Any, /, *args: object, **fields: object) -> Any:  # noqa: ANN401  # any class, its instance
    try:
        return cls(*args, **fields)
    except Exception as e:  # plug-in loading: whatever somebody else's constructor raises
        raise ConfigError(f"strategies.{label}: {cls.__name__} cannot be built: {type(e).__name__}: {e}") from e
