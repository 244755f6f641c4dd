"""The tasks of the process, and what goes wrong on its loop."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import structlog
from prometheus_client import Gauge

from config.errors import NodeError

log = structlog.get_logger(__name__)

_tasks = Gauge("whisperer_asyncio_tasks", "Tasks on the owner loop")


class Tasks:
    """Owner of what must not end with the request or callback that began it."""

    def __init__(self) -> None:
        """Begin with none."""
        self._running: set[asyncio.Task[Any]] = set()

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Count the tasks of the loop, and log what nobody has caught on it."""
        loop.set_exception_handler(_log_loop_error)
        _tasks.set_function(lambda: len(asyncio.all_tasks(loop)))

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run `work`; what it raises is logged too, but for the errors that whoever awaits it is told."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(_log_task_error)
        return task

    async def end(self) -> None:
        """Cancel all of them and wait until they have ended."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def _log_task_error(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None and not isinstance(task.exception(), NodeError):
        log.error("task_failed", task=task.get_name(), exc_info=task.exception())


def _log_loop_error(_: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    log.error("loop_error", message=str(context.get("message")), exc_info=context.get("exception"))
