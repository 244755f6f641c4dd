"""NodeHost: builds, runs, rebuilds and stops the LiveNode on the one owner loop, and tells its state."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from msgspec import Struct
from nautilus_trader.live import LiveNode

from actors.ports import NodeStateName
from actors.waiting import until
from node.trading.engine import EngineTrading

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 1.0
CANCEL_TIMEOUT_S = 0.3
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
STABLE_S = 60.0
"""An engine that ran for so long starts again with the shortest wait."""

log = structlog.get_logger(__name__)


class BuiltNode(Struct):
    """One engine with everything attached, not running yet; thrown away when it stops."""

    node: LiveNode
    components: tuple[Any, ...]
    """Our shells; each has `faults`."""
    trading: EngineTrading | None = None
    """What the traders need of it; None: no orders are taken."""


async def _nothing(_built: object = None) -> None:
    """Do nothing."""


class NodeHost:
    """Owner of the engine; server, hub and sockets stay while it is rebuilt.

    An engine that ends by itself, or whose actors or feed fail (`fail`), is rebuilt, each time in a row after a longer
    wait; only `stop` ends that.
    """

    def __init__(
        self,
        build: Callable[[], BuiltNode],
        *,
        quiet: Callable[[], Awaitable[None]] = _nothing,
        engage: Callable[[BuiltNode], Awaitable[None]] = _nothing,
        lost: Callable[[], None] = lambda: None,
        backoff_s: Sequence[float] = BACKOFF_S,
    ) -> None:
        """Start with nothing built.

        Args:
            build: Makes a fresh node with actors, strategies and clients attached.
            quiet: Awaited before an engine is stopped: what was sent to it is heard, nothing more is sent.
            engage: Awaited when an engine runs, before that is told.
            lost: Called when an engine has ended by itself: from then on nothing of it may be touched.
            backoff_s: Wall seconds before the first, second, … attempt in a row.
        """
        self._build = build
        self._quiet = quiet
        self._engage = engage
        self._lost = lost
        self._backoff_s = backoff_s
        self._built: BuiltNode | None = None
        self._task: asyncio.Task[None] | None = None
        self._handle: Any = None
        self._supervisor: asyncio.Task[None] | None = None
        self._failed = asyncio.Event()
        self._lock = asyncio.Lock()
        self._up_since = 0.0
        self.state: NodeStateName = "starting"
        self.error: str | None = None
        """Why the engine is not running, or not well, in words."""
        self.starts = 0
        """How often an engine has come up."""

    @property
    def components(self) -> tuple[Any, ...]:
        """Return the shells of the node that runs now."""
        return () if self._built is None else self._built.components

    async def start(self) -> None:
        """Build the node, run it, and keep it running from then on.

        Raises:
            Exception: Whatever kept it from coming up; it is not tried again then.
        """
        async with self._lock:
            await self._start()
        if not self._is_stopping:
            self._supervisor = asyncio.create_task(self._supervise())

    async def rebuild(self, between: Callable[[], Awaitable[None]] | None = None) -> None:
        """Stop the engine, await `between` while nothing runs, and build a new one.

        Raises:
            Exception: Whatever kept it from coming up; it is tried again later.
        """
        async with self._lock:
            if self._is_stopping:
                return
            self.state = "rebuilding"
            await self._end()
            try:
                if between is not None:
                    await between()
                await self._start()
            except Exception:
                self._failed.set()
                raise

    def fail(self, reason: str) -> None:
        """Have the engine replaced: something in it has failed for good. Safe inside an engine's callback."""
        if self.state == "running":
            self.state, self.error = "failed", reason
            self._failed.set()

    async def stop(self) -> None:
        """Stop the engine for good; returns when it has stopped or its time is up."""
        self.state = "stopping"
        if self._supervisor is not None:
            self._supervisor.cancel()
        async with self._lock:
            await self._end()
        self.state = "stopped"

    @property
    def _is_stopping(self) -> bool:
        return self.state in {"stopping", "stopped"}

    async def _start(self) -> None:
        self._failed.clear()
        try:
            self._built = self._build()
            self._handle = self._built.node.handle()
            self._task = asyncio.ensure_future(self._built.node.run_async())
            async with asyncio.timeout(START_TIMEOUT_S):
                while not (self._handle.is_running or self._task.done() or self._is_stopping):  # noqa: ASYNC110  # no event
                    await asyncio.sleep(0.002)
            _raise_if_ended(self._task)
            if not self._is_stopping:
                await self._engage(self._built)
        except Exception as e:
            await self._end()
            if not self._is_stopping:
                self.state, self.error = "failed", f"{type(e).__name__}: {e}"
            raise
        if self._is_stopping:
            return
        self._task.add_done_callback(self._on_ended)
        self.state, self.error = "running", None
        self.starts += 1
        self._up_since = asyncio.get_running_loop().time()
        log.info("node_running", starts=self.starts)

    def _on_ended(self, task: asyncio.Task[None]) -> None:
        """Note that the engine has ended by itself; after a wanted stop its task is not ours any more."""
        if task is self._task:
            error = None if task.cancelled() else task.exception()
            reason = "the engine ended by itself" if error is None else f"{type(error).__name__}: {error}"
            log.error("node_ended", reason=reason, exc_info=error)
            self._lost()
            self.fail(reason)

    async def _end(self) -> None:
        """Stop, wait, dispose and drop the engine: only one may exist."""
        built, self._built, task, self._task = self._built, None, self._task, None
        if built is None:
            return
        if task is not None and not task.done():
            await self._quiet()
            self._handle.stop()
            if not await until(task.done, STOP_TIMEOUT_S):
                log.warning("engine_stop_timeout", after_s=STOP_TIMEOUT_S)
                task.cancel()
                await until(task.done, CANCEL_TIMEOUT_S)
        if task is not None and task.done() and not task.cancelled() and task.exception() is not None:
            log.warning("engine_ended_with", exc_info=task.exception())
        try:
            built.node.dispose()
        except Exception:  # the engine's own failure: it is over either way, and the next one must be tried
            log.exception("engine_dispose_failed")
        self._handle = None
        del built, task
        gc.collect()

    async def _supervise(self) -> None:
        """Replace the engine whenever it has failed."""
        attempt = 0
        while True:
            await self._failed.wait()
            if asyncio.get_running_loop().time() - self._up_since > STABLE_S:
                attempt = 0
            await asyncio.sleep(self._backoff_s[min(attempt, len(self._backoff_s) - 1)])
            attempt += 1
            if not self._failed.is_set():
                continue
            try:
                await self.rebuild()
            except Exception:  # whatever it was: a node that is meant to run is tried again
                log.exception("node_rebuild_failed", attempt=attempt)


def _raise_if_ended(task: asyncio.Task[None]) -> None:
    if task.done():
        task.result()
        raise RuntimeError("the engine ended while starting")
