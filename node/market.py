"""Opens the market that the configuration names: a feed, its player, and what must be closed at the end."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from actors.market import SECOND_NS, interval_of
from adapters.faults import line_of
from adapters.feed import Feed
from adapters.line import Line, TrueLine
from adapters.player import AtEnd, Player
from adapters.sim.market import SimMarket
from config.faults import HistoryFaults
from config.schema import NodeConfig
from node.cache import past_of


class Tape(Protocol):
    """A market that can be put to another time, while nobody listens."""

    @property
    def start_ns(self) -> int:
        """The earliest time it can be played from, UNIX nanoseconds."""

    @property
    def end_ns(self) -> int:
        """Time of the last event, UNIX nanoseconds."""

    def seek(self, ts: int) -> None:
        """Stand where everything before `ts` has been read and nothing else."""


class OpenMarket(Struct, frozen=True, kw_only=True):
    """A market that lives as long as the process."""

    feed: Feed
    player: Player
    latency_s: float
    """How long a history question takes, as on a real venue."""
    line: Line = TrueLine()
    """What lies between the feed and the engine; it may be bad on purpose."""
    past: str | None = None
    """Names the history in caches, the same only for the same bars; None: asking for it costs nothing."""
    tape: Tape | None = None
    """Where it can be put; None: it goes on by itself and cannot jump."""
    sped: Callable[[float], None] = lambda _speed: None
    """Told when it is played at another speed."""
    close: Callable[[], None]
    """Keeps the position; call once, after the engine has stopped."""
    error: Callable[[], str | None]
    """Tells what of the market's own keeping does not work, in words."""

    def longest_silence_s(self) -> float:
        """Return how many wall seconds may pass between two events of a market that is well."""
        natives = [self.feed.native_interval(name) for name in self.feed.instruments]
        longest = max((interval_of(name).duration_ns for name in natives if name is not None), default=SECOND_NS)
        return longest / SECOND_NS / self.player.speed if self.player.speed else 0.0


def open_market(
    config: NodeConfig,
    base_dir: Path,
    state_dir: Path,
    *,
    on_end: Callable[[AtEnd], None],
    on_fault: Callable[[Exception], None],
) -> OpenMarket:
    """Return the market of `config`, standing where it goes on.

    Args:
        config: Names the market.
        base_dir: Where relative paths of recorded files start from.
        state_dir: Where the simulated market keeps its position.
        on_end: Told once when a recording has ended.
        on_fault: Told what stopped the feed.

    Raises:
        ConfigError: If the recorded files, the instruments or the stored position cannot be used.
    """
    if config.market == "replay":
        return _replay(config, base_dir, on_end, on_fault)
    return _sim(config, state_dir, on_end, on_fault)


def _sim(
    config: NodeConfig, state_dir: Path, on_end: Callable[[AtEnd], None], on_fault: Callable[[Exception], None]
) -> OpenMarket:
    market = SimMarket(config.sim, state_dir, time.time_ns())
    return OpenMarket(
        feed=market.feed,
        player=Player(
            market.feed, speed=config.sim.speed, on_end=on_end, on_fault=on_fault, allowed=market.marks.allowed
        ),
        latency_s=config.sim.request_latency_ms / 1_000,
        line=line_of(config.sim.faults, market.feed.position_ns),
        past=past_of(config.sim, market.feed) if config.sim.faults.history == HistoryFaults() else None,
        sped=market.marks.set_speed,
        close=market.close,
        error=lambda: market.marks.error,
    )


def _replay(
    config: NodeConfig, base_dir: Path, on_end: Callable[[AtEnd], None], on_fault: Callable[[Exception], None]
) -> OpenMarket:
    from adapters.replay.feed import ReplayFeed  # noqa: PLC0415  # readers of files are heavy, the simulator needs none

    feed = ReplayFeed.from_config(config.replay, base_dir)
    return OpenMarket(
        feed=feed,
        player=Player(feed, speed=config.replay.speed, at_end=config.replay.at_end, on_end=on_end, on_fault=on_fault),
        latency_s=0.0,
        line=line_of(config.replay.faults, feed.position_ns),
        tape=feed,
        close=lambda: None,
        error=lambda: None,
    )
