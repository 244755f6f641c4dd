"""What a running node asks of the training process: the past of its own market, up to where it stands."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from actors.market import DAY_NS, BarRow
from actors.ports.jobs import TrainingWish
from actors.screening.model import KIND as ORDER_KIND
from adapters.sim.feed import SimFeed
from config.schema import NodeConfig
from node.market import OpenMarket
from node.training.job import OrderJob, TrainingJob, given_of, job_of, order_job_of


def wanted_job(
    config: NodeConfig,
    base_dir: Path,
    market: OpenMarket,
    wish: TrainingWish,
    now_ms: int,
    *,
    rows: Sequence[BarRow] = (),
) -> TrainingJob | OrderJob:
    """Return the training of a wish; of the market nothing later than its position is in it, also of a recording.

    Args:
        config: Market, signals and `[training]`.
        base_dir: Folder that paths of recorded files start from.
        market: Whose past is learnt from.
        wish: What is wanted.
        now_ms: Wall clock, UNIX milliseconds.
        rows: Bars to learn from instead; none: the market's.

    Raises:
        ConfigError: If the configuration contradicts itself.
    """
    if wish.model == ORDER_KIND:
        return order_job_of(config, None, seed=wish.seed, promote=wish.promote, now_ms=now_ms)
    section = structs.replace(config.training, interval=wish.interval)
    job = job_of(
        structs.replace(config, training=section),
        base_dir,
        instrument_id=wish.instrument_id,
        kind=wish.model,
        seed=wish.seed,
        promote=wish.promote,
        now_ms=now_ms,
    )
    feed = market.feed
    end_ns, first_ns, days = feed.position_ns, 0, wish.days
    if isinstance(feed, SimFeed):
        first_ns = feed.begin_ns + config.sim.history_days * DAY_NS
        days = days or section.days
    begin_ns = 0 if days is None else max(0, end_ns - days * DAY_NS)
    given = given_of(market.feed.instruments[wish.instrument_id], rows) if rows else None
    return structs.replace(job, first_start_ns=first_ns, begin_ns=begin_ns, end_ns=end_ns, given=given)
