"""`run_node.py train`: run the training process, show how far it is, print what it found."""

import asyncio
import signal
import sys
import time
from argparse import Namespace
from pathlib import Path

import msgspec

from actors.screening.training.report import OrderReport
from actors.signal.models.registry import ModelRegistry
from actors.signal.training.report import Report
from config.errors import ConfigError, NodeError
from config.schema import NodeConfig
from config.training_errors import TrainingError
from node.logs import configure_logs
from node.training.job import Job, OrderJob, TrainingJob, Word, job_of, order_job_of
from node.training.order_table import print_order_report
from node.training.process import Told, Trainer
from node.training.table import print_report, progress_bar

_SEEDS = 2**31


def train_command(config: NodeConfig, base_dir: Path, options: Namespace) -> int:
    """Train one model and print its report; return the exit code: 0, or 1 when there is none.

    Args:
        config: Market, signals and `[training]`.
        base_dir: Folder that paths of recorded files start from.
        options: Of the command line: orders, instrument, kind, seed, promote.

    Raises:
        ConfigError: If the configuration cannot be used.
    """
    begun, now_ms = time.perf_counter(), time.time_ns() // 1_000_000
    if not 0 <= options.seed < _SEEDS:
        raise ConfigError(f"--seed: expected a whole number from 0 to {_SEEDS - 1}, was {options.seed}")
    level = "warning" if config.log.level == "info" else config.log.level
    configure_logs(msgspec.structs.replace(config.log, level=level), sys.stderr)
    job = _job(config, base_dir, options, now_ms)
    try:
        with progress_bar(sys.stderr) as told:
            word = asyncio.run(_train(job, told, config.training.deadline_s))
        report, files = read_report(job, word)
    except TrainingError as e:
        if e.is_cancelled:
            raise KeyboardInterrupt from e
        if e.is_input:
            raise ConfigError(str(e)) from e
        print(f"whisperer: {e}", file=sys.stderr)  # noqa: T201  # the one line a person reads
        return 1
    except NodeError as e:
        print(f"whisperer: {e}", file=sys.stderr)  # noqa: T201  # the one line a person reads
        return 1
    seconds = time.perf_counter() - begun
    if isinstance(report, Report):
        print_report(report, files, seconds)
    else:
        print_order_report(report, files, seconds)
    print(f"kept as {word.model_id}, {'promoted' if word.is_promoted else 'a candidate'}")  # noqa: T201
    return 0


def _job(config: NodeConfig, base_dir: Path, options: Namespace, now_ms: int) -> TrainingJob | OrderJob:
    """Return what the command line asks for.

    Raises:
        ConfigError: If it contradicts itself or the configuration.
    """
    if options.orders is None:
        return job_of(
            config,
            base_dir,
            instrument_id=options.instrument,
            kind=options.kind or "gbt",
            seed=options.seed,
            promote=options.promote,
            now_ms=now_ms,
        )
    for name in ("instrument", "interval", "kind"):
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name}: there is one model for all orders, expected --orders without it")
    return order_job_of(config, options.orders or None, seed=options.seed, promote=options.promote, now_ms=now_ms)


async def _train(job: Job, told: Told, deadline_s: float) -> Word:
    trainer = Trainer()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, trainer.cancel)
    return await trainer.train(job, told, deadline_s=deadline_s)


def read_report(job: Job, word: Word) -> tuple[Report | OrderReport, list[Path]]:
    """Return what a training has found, and where it stands."""
    models = ModelRegistry(Path(job.models_dir))
    meta = models.get(word.model_id)
    folder = models.folder / meta.instrument_id / meta.interval / meta.kind / meta.id
    raw = models.read(meta, "report.json")
    report: Report | OrderReport
    if isinstance(job, OrderJob):
        report = msgspec.json.decode(raw, type=OrderReport)
    else:
        report = msgspec.json.decode(raw, type=Report)
    return report, [folder / name for name in ("report.json", "report.html")]
