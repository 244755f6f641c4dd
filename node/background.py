"""What predictors may use beside the bars: tasks of the process, clocks, and the configured AI services."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import structlog

from actors.signal.outside.client import HttpClient
from actors.signal.outside.service import Service
from actors.signal.outside.spend import DaySpend, Spend
from config.ai import AiService
from node.keys import bearer_key

log = structlog.get_logger(__name__)


class NodeBackground:
    """Implements `ports.Background`; lives as long as the process."""

    def __init__(
        self,
        services: Mapping[str, AiService],
        state_dir: Path,
        *,
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
        on_change: Callable[[], None],
    ) -> None:
        """Make the services; nothing is asked yet.

        Args:
            services: `[ai.NAME]` of the configuration.
            state_dir: Where what was spent today is kept over restarts.
            spawn: Runs a task of the process.
            on_change: Told when a service goes down and comes back.

        Raises:
            ConfigError: If a key cannot be used.
        """
        self._spawn = spawn
        self._client = HttpClient()
        self._spends = _SpendFile(state_dir / "ai_spend.json")
        self._services = {name: self._made(name, one, on_change) for name, one in services.items()}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it is done or the process ends."""
        self._spawn(work).set_name(name)

    def wall_s(self) -> float:
        """Return UNIX seconds."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def service(self, name: str) -> Service | None:
        """Return a configured service."""
        return self._services.get(name)

    def tune(self, services: Mapping[str, AiService]) -> None:
        """Go on with other sections of the same services."""
        for name, config in services.items():
            self._services[name].tune(config)

    def degraded(self) -> list[str]:
        """Return what is not well with the services, in words."""
        found = (one.health.trouble(one.breaker.state) for one in self._services.values())
        return [trouble for trouble in found if trouble is not None]

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    def _made(self, name: str, config: AiService, on_change: Callable[[], None]) -> Service:
        spend = Spend(name, config, self.wall_s, kept=self._spends.read(name), keep=self._spends.keeper(name))
        return Service(
            name,
            config,
            post=self._client.post,
            pace=self,
            start=self.start,
            spend=spend,
            key=bearer_key(f"ai.{name}.key_env", config.key_env),
            on_change=on_change,
        )


class _SpendFile:
    """What every service has cost today: a small file, written anew after each answer."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._kept = msgspec.json.decode(path.read_bytes(), type=dict[str, DaySpend])
        except FileNotFoundError:
            self._kept = {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as e:
            log.warning("ai_spend_not_read", path=str(path), reason=type(e).__name__)
            self._kept = {}

    def read(self, name: str) -> DaySpend | None:
        kept = self._kept.get(name)
        return kept if kept is None or (kept.money.is_finite() and kept.money >= Decimal(0)) else None

    def keeper(self, name: str) -> Callable[[DaySpend], None]:
        def keep(spent: DaySpend) -> None:
            self._kept[name] = spent
            made = self._path.with_suffix(".new")
            try:
                made.write_bytes(msgspec.json.encode(self._kept))
                made.replace(self._path)
            except OSError as e:
                log.warning("ai_spend_not_kept", path=str(self._path), reason=type(e).__name__)

        return keep
