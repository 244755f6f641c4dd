"""From which win probability on an order of a symbol and strategy counts as winning."""

from actors.signal.option_orders import strategy_of
from config.errors import ConfigError
from config.screening import ScreeningSection


class Thresholds:
    """The table of the configuration; symbols in any case, strategies in any of their spellings."""

    def __init__(self, section: ScreeningSection) -> None:
        """Read the table.

        Raises:
            ConfigError: If it names a strategy that does not exist.
        """
        self._default = section.threshold
        self._table: dict[tuple[str, str], float] = {}
        for symbol, row in section.thresholds.items():
            for name, value in row.items():
                strategy = strategy_of(name)
                if strategy == "unknown":
                    raise ConfigError(f"screening.thresholds.{symbol}: expected a strategy, was {name!r}")
                self._table[symbol.upper(), strategy] = value

    def of(self, symbol: str, strategy: str) -> float:
        """Return the threshold of a symbol and strategy (as of `strategy_of`)."""
        return self._table.get((symbol.upper(), strategy), self._default)
