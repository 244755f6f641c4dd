"""The node as the bridge sees it."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from actors.guard import Fault

NodeStateName = Literal["starting", "running", "rebuilding", "stopping", "stopped", "failed"]

FeedStateName = Literal["live", "stale", "waiting", "ended"]

TradingStateName = Literal["active", "reducing", "halted"]


class Host(Protocol):
    """The node, as the bridge sees it."""

    @property
    def state(self) -> NodeStateName:
        """Where the node is in its life."""

    @property
    def speed(self) -> float:
        """Market seconds per wall second; 0 is as fast as it goes."""

    @property
    def is_paused(self) -> bool:
        """Whether market time stands still because somebody wants it to, or between two steps of a replay."""

    @property
    def market(self) -> str:
        """`sim` or `replay`."""

    @property
    def uptime_s(self) -> float:
        """Seconds since the process began."""

    @property
    def feed(self) -> FeedStateName:
        """How the data source does: no tick yet, ticking, silent for too long, or at its end."""

    @property
    def trading_state(self) -> TradingStateName:
        """What the engine lets through: everything, only what makes positions smaller, or nothing."""

    def venues(self) -> Mapping[str, str]:
        """Return venue -> `connected`, or why not, in words."""

    def faults(self) -> Sequence[Fault]:
        """Return the exceptions that left callbacks of the present node."""

    def broken_plugins(self) -> Mapping[str, str]:
        """Return the plug-ins of third parties that could not be loaded: name -> why."""

    def is_ready(self) -> bool:
        """Return whether the node runs, the 1 m windows are loaded and a tick has come."""

    def missing(self) -> list[str]:
        """Return what is missing until ready, in words."""

    def degraded(self) -> list[str]:
        """Return what does not work as it should, in words: faulted components, broken plug-ins, a stale feed."""
