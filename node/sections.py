"""Sections of the configuration as other sections complete them."""

import msgspec

from config.errors import UnknownPluginError
from config.schema import NodeConfig
from config.signals import SignalConfig
from config.trading import StrategyConfigSection
from strategies.registry import strategies


def strategy_sections(config: NodeConfig) -> tuple[StrategyConfigSection, ...]:
    """Return `[[strategies]]`; who follows a signal and names no confidence acts above that of its `[[signals]]`."""
    for index, section in enumerate(config.strategies):
        if section.path is None:
            try:
                strategies.get(section.name)
            except UnknownPluginError as e:
                raise UnknownPluginError(f"strategies[{index}].name: {e}") from e
    return tuple(completed(section, config.signals) for section in config.strategies)


def completed(section: StrategyConfigSection, signals: tuple[SignalConfig, ...]) -> StrategyConfigSection:
    """Return one section; a follower of signals that names no confidence gets that of the signals."""
    if section.path is not None or "trade_confidence" in section.params:
        return section
    known = {field.name: field for field in msgspec.structs.fields(strategies.get(section.name).params_type)}
    if "trade_confidence" not in known or known["trade_confidence"].default is None:  # it follows each signal's own
        return section
    instrument_id = section.params.get("instrument_id")
    interval = section.params.get("interval", known["interval"].default if "interval" in known else None)
    for signal in signals:
        if signal.interval == interval and (not signal.instruments or instrument_id in signal.instruments):
            params = section.params | {"trade_confidence": signal.trade_confidence}
            return msgspec.structs.replace(section, params=params)
    return section
