"""The live process from its first signal handler to its exit code."""

import asyncio
import gc
import signal
from importlib.metadata import version
from pathlib import Path

import structlog
import uvloop

from actors.memory import return_large_memory
from config.schema import NodeConfig
from config.version import VERSION
from node.logs import OutputCapture, configure_logs
from node.people import open_users, tell_first_password
from node.process import Process
from node.state import StateFolder

SIGNALS = (signal.SIGINT, signal.SIGTERM)

log = structlog.get_logger(__name__)


def run_live(config: NodeConfig, base_dir: Path, *, started: float) -> int:
    """Run the node until a signal or the end of a recording; return the exit code.

    Args:
        config: A checked configuration.
        base_dir: Where relative paths of recorded files start from.
        started: When the process began, on `time.perf_counter`.

    Raises:
        ConfigError: If it cannot start as configured; nothing is left running.
    """
    state_dir = Path(config.node.state_dir)
    with StateFolder(state_dir):
        capture = OutputCapture(state_dir / "log" / "output.log")
        capture.start()
        try:
            configure_logs(config.log, capture.stream)
            return_large_memory()
            return uvloop.run(_run(config, base_dir, state_dir, started, capture))
        finally:
            capture.stop()


async def _run(config: NodeConfig, base_dir: Path, state_dir: Path, started: float, capture: OutputCapture) -> int:
    """Listen to signals from the first moment, then make and run the process."""
    stop = asyncio.Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    _listen(stop)
    log.info("node_starting", node=config.node.name, version=VERSION, engine=version("nautilus_trader"))
    users = await open_users(config, state_dir)
    tell_first_password(users, capture.stream)
    for number, handler in before.items():
        signal.signal(number, handler)  # a long recording is read now, and the loop hears nothing meanwhile
    process = Process(users, base_dir, started, stop)
    _listen(stop)
    gc.freeze()  # what was imported stays: a collection that went through all of it would hold the loop for 80 ms
    try:
        return await process.run(capture)
    finally:
        for number in SIGNALS:  # impatience changes nothing any more, least of all the exit code
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


def _listen(stop: asyncio.Event) -> None:
    """Have every signal set an event."""
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
