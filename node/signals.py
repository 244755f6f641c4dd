"""What belongs to signals and outlives every node: their log and store, models, AI services, settings, training."""

from collections.abc import Callable
from pathlib import Path

from actors.bridge.symbols import Symbols
from actors.buffer.store import Buffer
from actors.clock import MarketClock
from actors.signal.log import SignalLog
from node.analyses import KeptAnalyses
from node.background import NodeBackground
from node.market import OpenMarket
from node.models import open_models
from node.people import OpenUsers
from node.screening import OpenScreening, is_screening
from node.settings import open_settings
from node.tasks import Tasks
from node.training.jobs import TrainingJobs
from node.training.keeper import NodeModels
from node.training.schedule import Retraining


class SignalSide:
    """These parts, made, begun and ended together."""

    def __init__(
        self,
        users: OpenUsers,
        base_dir: Path,
        market: OpenMarket,
        buffer: Buffer,
        clock: MarketClock,
        *,
        symbols: Symbols,
        tasks: Tasks,
        on_change: Callable[[], None],
    ) -> None:
        """Open them.

        Args:
            users: With the configuration and the journal.
            base_dir: Folder of the configuration's relative paths.
            market: What models learn from.
            buffer: The windows.
            clock: Market time.
            symbols: How other designs name instruments.
            tasks: What runs beside the loop's work.
            on_change: Told when the settings or the state of an AI service change.

        Raises:
            ConfigError: If something of their configuration cannot be used.
        """
        config, journal = users.config, users.journal
        self._on_change, self._tasks = on_change, tasks
        self.log = SignalLog()
        self.models = open_models(config)
        self.keeper = NodeModels(self.models, journal, keep=config.models.keep)
        self.analyses = KeptAnalyses(config, users.state_dir, buffer, tasks.spawn)
        self.background = NodeBackground(config.ai, users.state_dir, spawn=tasks.spawn, on_change=on_change)
        self.settings = open_settings(config, journal, outcomes=self.analyses.store, on_change=self._on_settings)
        self.background.tune(self.settings.services)
        self._screening: OpenScreening | None = None
        if is_screening(config):
            self._screening = OpenScreening(
                config,
                users.state_dir,
                bars=buffer,
                symbols=symbols,
                models=self.models,
                clock=clock,
                store=self.analyses.store,
                on_change=on_change,
            )
        self.screener = None if self._screening is None else self._screening.screener
        self.screened_orders = None if self._screening is None else self._screening.polling
        self.order_outcomes = None if self._screening is None else self._screening.outcomes
        self.jobs = TrainingJobs(config, base_dir, market, buffer, journal=journal, spawn=tasks.spawn)
        self._retraining = Retraining(config.training, self.jobs, market.feed.instruments)

    def start(self) -> None:
        """Begin with what needs no node."""
        self.analyses.start()
        self._tasks.spawn(self._retraining.run())
        self._tasks.spawn(self.settings.watch())

    def begin_screening(self) -> None:
        """Ask for orders: the node can judge them now."""
        if self._screening is not None:
            self._screening.start(self._tasks.spawn)

    def reset(self) -> None:
        """Forget the signals: market time has jumped."""
        self.log.clear()
        self.analyses.reset()

    async def close(self) -> None:
        """Write what is left, after the last task has ended."""
        await self.analyses.close()
        await self.background.close()
        if self._screening is not None:
            await self._screening.close()

    def _on_settings(self) -> None:
        self.background.tune(self.settings.services)
        self._on_change()
