"""`run_node.py backtest`: run, print, write."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from actors.signal.log import SignalLog
from config.errors import BacktestError, ConfigError
from config.schema import NodeConfig
from node.backtest.engine import BacktestRun, Progress
from node.backtest.market import open_feed
from node.backtest.report import print_report, progress_bar
from node.backtest.results import Result
from node.backtest.summary import result_of
from node.backtest.tearsheet import tearsheet
from node.logs import configure_logs


def run_backtest(
    config: NodeConfig, base_dir: Path, progress: Progress | None = None, *, signals: SignalLog | None = None
) -> Result:
    """Run the configured signals and strategies over the configured market.

    Args:
        config: A whole configuration.
        base_dir: Folder that paths of recorded files start from.
        progress: Told how many rows are done, and of how many.
        signals: Keeps the signals for the caller; without it they are counted and forgotten.

    Raises:
        ConfigError: If configuration or data cannot be used.
        BacktestError: If an actor or a strategy raised.
    """
    feed = open_feed(config, base_dir)
    with BacktestRun(config, feed, SignalLog(capacity=1) if signals is None else signals) as run:
        run.run(progress or _silent)
        return result_of(config, run)


def backtest_command(config: NodeConfig, base_dir: Path, *, json_only: bool = False) -> int:
    """Run a backtest, write its files and print it; return the exit code: 0, or 1 when it failed.

    Raises:
        ConfigError: If configuration or data cannot be used, or the results cannot be written.
    """
    began = time.perf_counter()
    quiet = msgspec.structs.replace(config.log, level="warning") if config.log.level == "info" else config.log
    configure_logs(quiet, sys.stderr)
    try:
        with progress_bar(sys.stderr) as progress:
            result = run_backtest(config, base_dir, progress)
    except BacktestError as e:
        print(f"whisperer: {e}", file=sys.stderr)  # noqa: T201  # the one line a person reads
        return 1
    seconds = time.perf_counter() - began
    files = write_files(result, results_dir(config), has_page=config.backtest.tearsheet)
    if json_only:
        sys.stdout.write(result.to_json().decode())
    else:
        print_report(result, files, seconds)
    return 0


def results_dir(config: NodeConfig) -> Path:
    """Return the folder of result files; a relative one starts from where the command runs, as `state_dir` does."""
    folder = config.backtest.results_dir
    return Path(config.node.state_dir) / "results" if folder is None else Path(folder)


def write_files(result: Result, folder: Path, *, has_page: bool) -> list[Path]:
    """Write the JSON, and the tearsheet if wanted, each whole or not at all; return their paths.

    Raises:
        ConfigError: If the folder cannot be written.
    """
    files: list[tuple[Path, Callable[[], bytes]]] = [(folder / f"{result.file_stem}.json", result.to_json)]
    if has_page:
        files.append((folder / f"{result.file_stem}.html", lambda: tearsheet(result).encode()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files:
            part = path.with_name(f".{path.name}.{os.getpid()}")
            part.write_bytes(content())
            part.replace(path)
    except OSError as e:
        raise ConfigError(f"backtest.results_dir: {folder} cannot be written: {e.strerror}") from e
    return [path for path, _ in files]


def _silent(_done: int, _total: int) -> None:
    pass
