"""What a configuration must fulfil beyond its own file: plug-ins, instruments, recordings and addresses fit."""

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from actors.bridge.dialect import Dialects
from actors.bridge.dialects.magic8.consumers import configured_consumers
from actors.bridge.server import check_server
from actors.bridge.symbols import Symbols
from actors.buffer.store import Buffer
from actors.signal.aggregator import Aggregator
from actors.signal.outside.predictor import OutsidePredictor
from actors.signal.session import Session
from config.errors import ConfigError, NodeError
from config.schema import NodeConfig
from node.market import open_market
from node.screening import check_screening
from node.sections import strategy_sections
from node.state import check_state_folder
from strategies.load import load_strategy


def check_config(config: NodeConfig, base_dir: Path) -> None:
    """Open everything that a node would, without running it.

    Raises:
        ConfigError: If something named does not exist or does not fit; the message names the key.
    """
    check_server(config.server, config.auth, config.dialects)
    check_state_folder(Path(config.node.state_dir))
    with TemporaryDirectory() as folder:
        market = open_market(config, base_dir, Path(folder), on_end=lambda _: None, on_fault=lambda _: None)
        feed = market.feed
        check_signals(config, Buffer(config.buffer, feed.instruments, feed.native_interval))
        check_screening(config, feed.instruments)
        symbols = Symbols(feed.instruments, config.dialects.default_venue)
        Dialects(symbols, config.ws.default_dialect)
        configured_consumers(config, symbols)
        market.close()
        check_strategies(config, feed.instruments)
    for number, section in enumerate(strategy_sections(config), 1):
        load_strategy(section, tag=f"{number:03}")


def check_strategies(config: NodeConfig, instruments: Collection[str]) -> None:
    """Compare `[[strategies]]` with the market: one of ours that names an instrument would be retired at its start.

    Raises:
        ConfigError: If a strategy names an instrument that does not exist.
    """
    for section in config.strategies:
        name = section.params.get("instrument_id")
        if section.path is None and isinstance(name, str) and name not in instruments:
            where = f"strategies.{section.name}.params.instrument_id"
            raise ConfigError(f"{where}: no instrument {name!r} on this node; known: {', '.join(instruments)}")


def check_signals(config: NodeConfig, buffer: Buffer) -> None:
    """Compare `[[signals]]` with the market and the predictors.

    Raises:
        ConfigError: If an instrument, interval, predictor or time zone does not exist, or a stream is configured twice.
    """
    streams: set[tuple[str, str]] = set()
    for index, section in enumerate(config.signals):
        try:
            _check_sources(Aggregator.from_config(section), config)
        except ConfigError as e:
            raise ConfigError(f"signals[{index}].predictors: {e}") from e
        if section.session is not None:
            Session.from_text(section.session)
        if section.reference is not None:
            _check_bars(buffer, section.reference, section.interval, f"signals[{index}].reference")
        for instrument_id in section.instruments or tuple(buffer.instruments()):
            _check_bars(buffer, instrument_id, section.interval, f"signals[{index}]")
            stream = (instrument_id, section.interval)
            if stream in streams:
                raise ConfigError(f"signals[{index}]: {instrument_id} at {section.interval} is configured twice")
            streams.add(stream)


def _check_sources(aggregator: Aggregator, config: NodeConfig) -> None:
    aggregator.close()
    for voter in aggregator.voters:
        if isinstance(voter.predictor, OutsidePredictor):
            service = voter.predictor.params.service
            if service not in config.ai:
                known = ", ".join(config.ai) or "none"
                raise ConfigError(
                    f"{voter.name}: no AI service {service!r} is configured as [ai.{service}]; known: {known}"
                )


def _check_bars(buffer: Buffer, instrument_id: str, interval: str, where: str) -> None:
    try:
        buffer.check(instrument_id, interval)
    except NodeError as e:
        raise ConfigError(f"{where}: {e}; known: {', '.join(buffer.instruments())}") from e
