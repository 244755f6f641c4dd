"""Order screening of a node: made where the configuration wants it, with its log and its source of orders."""

import asyncio
import time
from collections.abc import Callable, Container, Coroutine, Sequence
from pathlib import Path
from typing import Any

from actors.bridge.symbols import Symbols
from actors.clock import MarketClock
from actors.ports.bars import Bars
from actors.ports.models import Models
from actors.screening.intake import Intake
from actors.screening.outcomes import KeptOutcomes
from actors.screening.polling import Polling
from actors.screening.prices import Prices
from actors.screening.record import PredictionLog
from actors.screening.screener import SIMULATED, Screener
from actors.screening.thresholds import Thresholds
from actors.screening.verdict import Verdict
from actors.signal.outside.client import HttpClient
from actors.signal.session import Session
from actors.store.analyses.screened import ScreenedStore
from actors.store.analyses.store import AnalysisStore
from config.errors import ConfigError
from config.schema import NodeConfig
from config.screening import OrderSource
from node.keys import bearer_key


class OpenScreening:
    """The screener, its log and its source; lives as long as the process."""

    def __init__(
        self,
        config: NodeConfig,
        state_dir: Path,
        *,
        bars: Bars,
        symbols: Symbols,
        models: Models,
        clock: MarketClock,
        store: AnalysisStore | None,
        on_change: Callable[[], None],
    ) -> None:
        """Make them; nothing is asked yet.

        Raises:
            ConfigError: If thresholds, session or key cannot be used, or an instrument does not exist.
        """
        section = config.screening
        check_screening(config, bars.instruments())

        def now_ns() -> int:
            return clock.now_ns

        source = SIMULATED if config.market == "sim" else config.market
        self._log = PredictionLog(state_dir / "log" / "predictions.jsonl", section.log_bytes)
        prices = Prices(section, bars, symbols.find, source=source, now_ns=now_ns)
        self.screener = Screener(section, prices, models, now_ns=now_ns, record=self._record)
        self.polling: Polling | None = None
        """None: no source is configured."""
        self.outcomes = None if store is None else KeptOutcomes(ScreenedStore(store), now_ns)
        """What becomes of judged orders; None: this node keeps no analyses."""
        self._intake = Intake(self.screener.screen, batch=section.batch, quiet_s=section.quiet_s)
        self._client = HttpClient()
        if section.source is not None:
            self.polling = self._polled(section.source, on_change)

    def _polled(self, source: OrderSource, on_change: Callable[[], None]) -> Polling:
        key = bearer_key("screening.source.key_env", source.key_env)
        return Polling(source, self._client.get, self._intake, key=key, monotonic=time.monotonic, on_change=on_change)

    def start(self, spawn: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        """Begin to ask the source, if there is one, and read what is known of outcomes."""
        if self.outcomes is not None:
            spawn(self.outcomes.begin())
        if self.polling is not None:
            spawn(self._intake.run())
            spawn(self.polling.run())

    async def close(self) -> None:
        """Let go of the source, and wait until the log is written; after the tasks have ended."""
        await self._client.close()
        await asyncio.to_thread(self._log.close)

    def _record(self, verdicts: Sequence[Verdict]) -> None:
        self._log.record(verdicts)
        if self.outcomes is not None:
            self.outcomes.record(verdicts)


def is_screening(config: NodeConfig) -> bool:
    """Return whether anything of the configuration asks for a judge of orders."""
    return config.dialects.magic8 or config.screening.source is not None


def check_screening(config: NodeConfig, instruments: Container[str]) -> None:
    """Compare `[screening]` with the market and the strategies.

    Raises:
        ConfigError: If an instrument, strategy or time zone does not exist.
    """
    section = config.screening
    if section.volatility is not None and section.volatility not in instruments:
        raise ConfigError(f"screening.volatility: expected an instrument of this market, was {section.volatility!r}")
    Thresholds(section)
    if section.session is not None:
        Session.from_text(section.session)
