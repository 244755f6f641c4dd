"""What the training process is asked, and what it says: one JSON object in, JSON lines out."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from msgspec import Struct

from actors.market import DAY_NS, BarRow, Instrument
from actors.screening.model import KIND as ORDER_KIND
from actors.screening.training.wish import OrderWish
from actors.signal.training.wish import Wish
from actors.store.analyses.store import FILE_NAME
from adapters.sim.market import DEFAULT_START_NS, first_start, stored_position
from config.errors import ConfigError
from config.recorded import ReplaySection
from config.schema import NodeConfig, SimSection
from config.signals import SignalConfig
from config.training import TrainedKind
from node.models import models_folder

KINDS: tuple[str, ...] = get_args(TrainedKind)


class Given(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bars that somebody has sent to learn from, and what of their instrument is needed to read them."""

    price_precision: int
    size_precision: int
    fee: float
    """Share of the notional that a market order pays."""
    rows: tuple[tuple[int, int, int, int, int, int], ...]
    """Open time (UNIX nanoseconds), open, high, low, close, volume as exact integers; oldest first."""


class Job(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One training. Paths are absolute, the process has a working folder of its own."""

    wish: Wish
    models_dir: str
    models_key_env: str | None = None
    keep: int = 3
    """So many candidates that were never promoted stay, this one among them."""
    promote: bool = False
    """Whether a model that may be promoted is."""


class TrainingJob(Job, frozen=True, kw_only=True, tag="bars"):
    """One training on bars."""

    instrument_id: str
    market: str
    """`sim` or `replay`."""
    sim: SimSection
    replay: ReplaySection
    base_dir: str
    """Folder that paths of recorded files start from."""
    first_start_ns: int
    """Of a simulated market, UNIX nanoseconds; not asked of a recording."""
    begin_ns: int
    """The bars learnt from begin here."""
    end_ns: int
    """And end here; 0 is the end of a recording."""
    given: Given | None = None
    """What to learn from instead of the market's bars."""
    reference: str | None = None
    """Second instrument of the features."""
    session: str | None = None
    """Trading hours of the venue."""


class OrderJob(Job, frozen=True, kw_only=True, tag="orders"):
    """One training on past orders."""

    wish: OrderWish
    file: str


class Word(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the process. The last one is of stage `finished`, with the model, or `failed`, with a code."""

    stage: str
    done: int = 0
    of: int = 1
    message: str = ""
    model_id: str = ""
    is_promoted: bool = False
    code: str = ""


def job_of(
    config: NodeConfig, base_dir: Path, *, instrument_id: str | None, kind: str, seed: int, promote: bool, now_ms: int
) -> TrainingJob:
    """Return the training that a configuration describes.

    Args:
        config: Market, signals and `[training]`.
        base_dir: Folder that paths of recorded files start from.
        instrument_id: Whose bars; None: the first instrument's of a recording or of the simulated market.
        kind: Of model.
        seed: Of everything that is drawn.
        promote: Whether a model that may be promoted is.
        now_ms: Wall clock, UNIX milliseconds.

    Raises:
        ConfigError: If there is no such kind, or the configuration contradicts itself.
    """
    if kind not in KINDS:
        raise ConfigError(f"--kind: expected one of {', '.join(KINDS)}, was {kind!r}")
    section = config.training
    name = instrument_id or _first(config)
    stream = _stream(config.signals, name, section.interval)
    first_ns, begin_ns, end_ns = _span(config)
    return TrainingJob(
        wish=Wish(
            kind=kind,
            seed=seed,
            section=section,
            created_ms=now_ms,
            long_above=stream.long_above,
            short_below=stream.short_below,
        ),
        instrument_id=name,
        market=config.market,
        sim=config.sim,
        replay=config.replay,
        base_dir=str(base_dir.absolute()),
        first_start_ns=first_ns,
        begin_ns=begin_ns,
        end_ns=end_ns,
        reference=None if stream.reference == name else stream.reference,
        session=stream.session,
        models_dir=str(models_folder(config).absolute()),
        models_key_env=config.models.key_env,
        keep=max(1, config.models.keep),
        promote=promote,
    )


def order_job_of(config: NodeConfig, file: Path | None, *, seed: int, promote: bool, now_ms: int) -> OrderJob:
    """Return the training on a file of past orders that a configuration describes.

    Args:
        config: `[training]`, and of `[screening]` what the node asks the model with.
        file: The orders; None: those that the node of the same `node.state_dir` has judged and been told of.
        seed: Of everything that is drawn.
        promote: Whether a model that may be promoted is.
        now_ms: Wall clock, UNIX milliseconds.
    """
    screening = config.screening
    kept = Path(config.node.state_dir) / FILE_NAME
    return OrderJob(
        wish=OrderWish(
            kind=ORDER_KIND,
            seed=seed,
            section=config.training,
            created_ms=now_ms,
            execute_above=screening.execute_above,
            session=screening.session,
        ),
        file=str((kept if file is None else file).absolute()),
        models_dir=str(models_folder(config).absolute()),
        models_key_env=config.models.key_env,
        keep=max(1, config.models.keep),
        promote=promote,
    )


def given_of(instrument: Instrument, rows: Sequence[BarRow]) -> Given:
    """Return bars that somebody has sent as the training process takes them."""
    return Given(
        price_precision=instrument.price_precision,
        size_precision=instrument.size_precision,
        fee=max(0.0, float(instrument.taker_fee)),
        rows=tuple((row.ts_open, row.open, row.high, row.low, row.close, row.volume) for row in rows),
    )


def _span(config: NodeConfig) -> tuple[int, int, int]:
    """Return first start, begin and end of the simulated days: the last ones of the node's market, if it has begun."""
    if config.market != "sim":
        return 0, 0, 0
    length = config.training.days * DAY_NS
    position = stored_position(config.sim, Path(config.node.state_dir))
    if position is not None:
        return position.first_start_ns, position.resume_ns - length, position.resume_ns
    start = first_start(config.sim, DEFAULT_START_NS)
    return start, start, start + length


def _first(config: NodeConfig) -> str:
    if config.market == "replay":
        return next(iter(config.replay.instruments))
    return f"{next(iter(config.sim.instruments), 'BTC-USDT')}.SIM"


def _stream(signals: tuple[SignalConfig, ...], instrument_id: str, interval: str) -> SignalConfig:
    """Return the `[[signals]]` table that the model would serve; the defaults when there is none."""
    for signal in signals:
        if signal.interval == interval and (not signal.instruments or instrument_id in signal.instruments):
            return signal
    return SignalConfig()
