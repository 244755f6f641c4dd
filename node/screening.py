"""Order screening of a node: made where the configuration wants it, with its log."""

from pathlib import Path

from actors.bridge.symbols import Symbols
from actors.clock import MarketClock
from actors.ports.bars import Bars
from actors.ports.models import Models
from actors.screening.prices import Prices
from actors.screening.record import PredictionLog
from actors.screening.screener import SIMULATED, Screener
from config.schema import NodeConfig


class OpenScreening:
    """The screener and its log; lives as long as the process."""

    def __init__(
        self, config: NodeConfig, state_dir: Path, *, bars: Bars, symbols: Symbols, models: Models, clock: MarketClock
    ) -> None:
        """Make them.

        Raises:
            ConfigError: If thresholds or session cannot be used.
        """
        section = config.screening

        def now_ns() -> int:
            return clock.now_ns

        source = SIMULATED if config.market == "sim" else config.market
        self._record = PredictionLog(state_dir / "log" / "predictions.jsonl", section.log_bytes)
        prices = Prices(section, bars, symbols.find, source=source, now_ns=now_ns)
        self.screener = Screener(section, prices, models, now_ns=now_ns, record=self._record.record)

    def close(self) -> None:
        """Wait until the log is written."""
        self._record.close()


def open_screening(
    config: NodeConfig, state_dir: Path, *, bars: Bars, symbols: Symbols, models: Models, clock: MarketClock
) -> OpenScreening | None:
    """Return what judges orders; None when nothing of the configuration asks for it.

    Raises:
        ConfigError: If thresholds or session cannot be used.
    """
    if not config.dialects.magic8:
        return None
    return OpenScreening(config, state_dir, bars=bars, symbols=symbols, models=models, clock=clock)
