"""The simulated market of a node: the feed and its place on disk, opened together and closed together."""

from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import msgspec
import structlog

from actors.market import SECOND_NS
from adapters.sim import state
from adapters.sim.feed import SimFeed
from adapters.sim.instruments import table
from config.errors import ConfigError
from config.schema import SimSection

log = structlog.get_logger(__name__)

DEFAULT_START_NS = 1_767_225_600 * SECOND_NS
"""Where the market of a backtest or a training begins when `sim.start` does not say, 2026-01-01: the same every day."""


class SimMarket:
    """Lives as long as the process."""

    def __init__(self, section: SimSection, state_dir: Path, now_ns: int) -> None:
        """Go on where the market stopped, or begin.

        Args:
            section: The configuration.
            state_dir: Folder of the position file.
            now_ns: Wall time, UNIX nanoseconds: the first start when the configuration names none.

        Raises:
            ConfigError: If the stored market is another one, or the file cannot be read or written.
        """
        position = stored_position(section, state_dir)
        if position is None:
            start = first_start(section, now_ns)
            position = state.Position(market=_market(section), first_start_ns=start, resume_ns=start)
        path = state_dir / state.FILE_NAME
        self.feed = SimFeed(section, position.first_start_ns, position.resume_ns)
        self.marks = state.Marks(path, position, speed=section.speed)
        log.info("sim_market_opened", first_start_ns=position.first_start_ns, resume_ns=position.resume_ns)

    def close(self) -> None:
        """Store the exact position."""
        self.marks.close(self.feed.position_ns)


def stored_position(section: SimSection, state_dir: Path) -> state.Position | None:
    """Return where the market of a state folder is; None when there is none, or it is to start over.

    Raises:
        ConfigError: If the stored market is another one, or the file cannot be read.
    """
    return None if section.restart else state.load(state_dir / state.FILE_NAME, _market(section))


def _market(section: SimSection) -> state.Market:
    entries = msgspec.json.encode(dict(table(section.instruments)))
    return state.Market(
        seed=section.seed,
        start=section.start,
        history_days=section.history_days,
        instruments=blake2b(entries, digest_size=16).hexdigest(),
    )


def first_start(section: SimSection, now_ns: int) -> int:
    """Return when the market of a configuration begins: UNIX nanoseconds, a full second.

    Args:
        section: The configuration; a `start` without an offset is UTC.
        now_ns: The beginning when it names none.

    Raises:
        ConfigError: If `start` is no time.
    """
    if not section.start:
        return now_ns - now_ns % SECOND_NS
    try:
        moment = datetime.fromisoformat(section.start)
    except ValueError as e:
        raise ConfigError(
            f"sim.start: must be ISO 8601, for example 2026-01-01T00:00:00Z, was {section.start!r}"
        ) from e
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()) * SECOND_NS
