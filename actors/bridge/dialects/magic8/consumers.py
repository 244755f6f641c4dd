"""Which instruments a consumer of the data hub hears: configured by name, or those that the node judges."""

from collections.abc import Mapping

from actors.bridge.context import Context
from actors.bridge.symbols import Symbols
from config.errors import ConfigError, NodeError
from config.schema import NodeConfig


def configured_consumers(config: NodeConfig, symbols: Symbols) -> Mapping[str, tuple[str, ...]]:
    """Return consumer -> instrument ids.

    Raises:
        ConfigError: If a symbol means no instrument; names the setting.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, words in config.dialects.magic8_consumers.items():
        try:
            found[name] = tuple(dict.fromkeys(map(symbols.find, words)))
        except NodeError as e:
            raise ConfigError(f"dialects.magic8_consumers.{name}: {e}") from e
    return found


def instruments_of(context: Context, consumer: str) -> tuple[str, ...]:
    """Return the instrument ids of one consumer, as many as one connection may hear."""
    config, most = context.config, context.config.ws.max_channels
    if consumer in config.dialects.magic8_consumers:
        return configured_consumers(config, context.symbols)[consumer][:most]
    every = tuple(context.bars.instruments())
    judged = [one for section in config.signals for one in section.instruments or every]
    return tuple(dict.fromkeys(judged))[:most]
