"""NodeHost: builds, runs, rebuilds and stops the LiveNode on the one owner loop, and tells its state."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import structlog
from msgspec import Struct
from nautilus_trader.live import LiveNode

from actors.ports import NodeStateName

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 1.5
BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)

log = structlog.get_logger(__name__)


class BuiltNode(Struct):
    """One engine with everything attached, not running yet; thrown away when it stops."""

    node: LiveNode
    components: tuple[Any, ...]
    """Our shells; each has `faults`."""


class NodeHost:
    """Owner of the engine; server, hub and sockets stay while it is rebuilt."""

    def __init__(self, build: Callable[[], BuiltNode]) -> None:
        """Start with nothing built.

        Args:
            build: Makes a fresh node with actors, strategies and clients attached.
        """
        self._build = build
        self._built: BuiltNode | None = None
        self._task: asyncio.Task[None] | None = None
        self._handle: Any = None
        self._watcher: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self.state: NodeStateName = "starting"
        self.error: str | None = None
        """Why the engine is not running, in words; None when it is, or was never started."""
        self.starts = 0
        """How often an engine has come up."""

    @property
    def components(self) -> tuple[Any, ...]:
        """Return the shells of the node that runs now."""
        return () if self._built is None else self._built.components

    async def start(self) -> None:
        """Build the node and run it.

        Raises:
            RuntimeError: If it does not come up.
        """
        async with self._lock:
            await self._start()

    async def rebuild(self, between: Callable[[], None] | None = None) -> None:
        """Stop the engine, call `between` while nothing runs, and build a new one."""
        async with self._lock:
            if self.state in {"stopping", "stopped"}:
                return
            self.state = "rebuilding"
            await self._end()
            if between is not None:
                between()
            await self._start()

    async def stop(self) -> None:
        """Stop the engine for good; returns when it has stopped or its time is up."""
        self.state = "stopping"
        if self._watcher is not None:
            self._watcher.cancel()
        async with self._lock:
            await self._end()
        self.state = "stopped"

    async def _start(self) -> None:
        self._built = self._build()
        node = self._built.node
        self._handle = node.handle()
        self._task = asyncio.ensure_future(node.run_async())
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not self._handle.is_running and not self._task.done():  # noqa: ASYNC110  # it offers no event
                    await asyncio.sleep(0.002)
            _raise_if_ended(self._task)
        except Exception as e:
            self.error = f"{type(e).__name__}: {e}"
            self.state = "failed"
            await self._end()
            raise RuntimeError(f"the engine did not start: {self.error}") from e
        self.error = None
        self.state = "running"
        self.starts += 1
        log.info("node_running", starts=self.starts)
        self._watcher = asyncio.create_task(self._watch(self._task))

    async def _end(self) -> None:
        """Stop, wait, dispose and drop the engine: only one may exist."""
        built, self._built, task, self._task = self._built, None, self._task, None
        if built is None:
            return
        if task is not None and not task.done():
            self._handle.stop()
            try:
                await asyncio.wait_for(asyncio.shield(task), STOP_TIMEOUT_S)
            except TimeoutError:
                log.warning("engine_stop_timeout", after_s=STOP_TIMEOUT_S)
                task.cancel()
            except Exception:  # the engine's own failure while stopping: it is over either way
                log.exception("engine_stop_failed")
        built.node.dispose()
        self._handle = None
        del built
        gc.collect()

    async def _watch(self, task: asyncio.Task[None]) -> None:
        """Bring the engine up again when it ends by itself."""
        await asyncio.wait([task])
        if self.state != "running" or task is not self._task:
            return
        error = None if task.cancelled() else task.exception()
        self.error = "the engine ended by itself" if error is None else f"{type(error).__name__}: {error}"
        log.error("node_ended", error=self.error, exc_info=error)
        self.state = "failed"
        await self._recover()

    async def _recover(self) -> None:
        for attempt in range(1_000_000):
            await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
            if self.state != "failed":
                return
            try:
                await self.rebuild()
            except RuntimeError as e:
                log.exception("node_rebuild_failed", attempt=attempt + 1, error=str(e))
            else:
                return


def _raise_if_ended(task: asyncio.Task[None]) -> None:
    if task.done():
        task.result()
        raise RuntimeError("it ended while starting")
