"""What the training process makes of a job: the model with what is known of it, its report and its page."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, structs

from actors.screening.model import FILE, INSTRUMENT_ID, INTERVAL
from actors.signal.models.meta import ModelMeta
from actors.signal.models.registry import ModelRegistry
from actors.signal.training.compare import Current
from actors.signal.training.learners import learner_of
from actors.signal.training.report import Judgement
from actors.signal.training.trainer import Told, Trained, train
from config.signal_errors import ModelError
from node.training.job import OrderJob, TrainingJob
from node.training.market import bars_of
from node.training.page import page


class Made(Struct, frozen=True, kw_only=True):
    """A model that is ready to be kept."""

    meta: ModelMeta
    files: Mapping[str, bytes]
    timed: Callable[[float], tuple[bytes, bytes]]
    """Seconds that it took -> its report as JSON and as a page."""


def make(job: TrainingJob | OrderJob, models: ModelRegistry, told: Told) -> Made:
    """Train.

    Args:
        job: What is asked.
        models: Where the promoted model is.
        told: Hears how far it is.

    Raises:
        NodeError: If what is asked cannot be done.
    """
    return _of_orders(job, models, told) if isinstance(job, OrderJob) else _of_bars(job, models, told)


def _of_bars(job: TrainingJob, models: ModelRegistry, told: Told) -> Made:
    told("bars", 0, 1, job.instrument_id)
    section, kind = job.wish.section, job.wish.kind
    current = _current(models, (job.instrument_id, section.interval, kind), learner_of(kind, section).file_name)
    trained = train(bars_of(job), job.wish, current, told)
    meta = structs.replace(trained.meta, reference=job.reference, session=job.session)
    return Made(meta=meta, files=trained.files, timed=lambda seconds: _timed(trained, seconds, page))


def _of_orders(job: OrderJob, models: ModelRegistry, told: Told) -> Made:
    from actors.screening.training.file import read_past  # noqa: PLC0415  # only for orders
    from actors.screening.training.trainer import train_orders  # noqa: PLC0415
    from actors.store.analyses.store import FILE_NAME as KEPT  # noqa: PLC0415
    from node.training.kept_orders import read_kept  # noqa: PLC0415
    from node.training.order_page import order_page  # noqa: PLC0415

    told("orders", 0, 1, Path(job.file).name)
    path, section = Path(job.file), job.wish.section.orders
    past = read_kept(path, section) if path.name == KEPT else read_past(path, section)
    current = _current(models, (INSTRUMENT_ID, INTERVAL, job.wish.kind), FILE)
    trained = train_orders(past, job.wish, current, told)
    return Made(meta=trained.meta, files=trained.files, timed=lambda seconds: _timed(trained, seconds, order_page))


def _current(models: ModelRegistry, place: tuple[str, str, str], file: str) -> Current | None:
    """Return the promoted model; a damaged one cannot be compared with, and needs a successor all the more."""
    meta = models.current(*place)
    if meta is not None:
        with suppress(ModelError):
            return Current(meta, models.read(meta, file))
    return None


def _timed[R: Judgement](trained: Trained[R], seconds: float, write: Callable[[R], str]) -> tuple[bytes, bytes]:
    report = structs.replace(trained.report, times=structs.replace(trained.report.times, seconds=seconds))
    return report.to_json(), write(report).encode()
