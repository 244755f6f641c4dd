"""The store of analyses and what judges them, as one process has them."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from actors.buffer.store import Buffer
from actors.signal.outcomes.recorder import Recorder
from actors.store.analyses.store import FILE_NAME, AnalysisStore
from config.schema import NodeConfig


class KeptAnalyses:
    """Owns both; with `analyses.enabled = false` there is neither."""

    def __init__(
        self,
        config: NodeConfig,
        state_dir: Path,
        buffer: Buffer,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """Prepare; `start` opens the file."""
        self.store: AnalysisStore | None = None
        self.recorder: Recorder | None = None
        settings = config.analyses
        if settings.enabled:
            self.store = AnalysisStore(state_dir / FILE_NAME, settings)
            self.recorder = Recorder(self.store, buffer, settings.barriers or config.training.label, spawn)

    def start(self) -> None:
        """Begin to write."""
        if self.store is not None:
            self.store.start()

    def reset(self) -> None:
        """Forget what is open: market time has jumped."""
        if self.recorder is not None:
            self.recorder.reset()

    async def close(self) -> None:
        """Write what is left."""
        if self.store is not None:
            await self.store.close()
