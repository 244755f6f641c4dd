"""Typed structs of `[sim.faults]` and `[replay.faults]`: what goes wrong between a market and the node, on purpose."""

from typing import Annotated, Literal

from msgspec import Meta

from config.fields import Config, Seconds, Share

Offset = Annotated[float, Meta(ge=0.0, le=1e9)]
FaultKind = Literal["bars", "trades", "quotes", "book"]

EVERYTHING: tuple[FaultKind, ...] = ("bars", "trades", "quotes", "book")


class FaultSpan(Config, frozen=True, kw_only=True):
    """One span of market time."""

    at_s: Offset
    """Begin, market seconds after the node's market began to move in this process."""
    for_s: Seconds = 1.0
    """Length, market seconds."""


class MessageFault(Config, frozen=True, kw_only=True):
    """Something that happens to single messages."""

    probability: Share = 0.0
    """Of each message; 0 is never."""
    schedule: tuple[FaultSpan, ...] = ()
    """Spans in which it happens to every message."""
    kinds: tuple[FaultKind, ...] = EVERYTHING
    """Which messages are hit."""


class OutageFault(Config, frozen=True, kw_only=True):
    """Something that happens for a while."""

    per_hour: Annotated[float, Meta(ge=0.0, le=3_600.0)] = 0.0
    """How often, mean per market hour; 0 is never."""
    duration_s: Seconds = 10.0
    """How long, mean in market seconds."""
    schedule: tuple[FaultSpan, ...] = ()
    """Spans in which it happens besides."""
    kinds: tuple[FaultKind, ...] = EVERYTHING
    """Which messages are hit."""


class HistoryFaults(Config, frozen=True, kw_only=True):
    """What goes wrong with questions about bars of the past."""

    forget: Share = 0.0
    """Share of the bars, by interval, that the source never tells: holes, unless they were heard live."""
    fail: Share = 0.0
    """Share of the questions that are never answered."""
    late: Share = 0.0
    """Share of the questions that are answered late."""
    late_s: Seconds = 1.0
    """How late, wall seconds."""


class FaultsSection(Config, frozen=True, kw_only=True):
    """A bad line: all off by default. The market itself stays what it is; a backtest is not touched."""

    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    """The same seed, the same faults."""
    drop: MessageFault = MessageFault()
    """The message is lost."""
    duplicate: MessageFault = MessageFault()
    """The message comes twice."""
    reorder: MessageFault = MessageFault()
    """The message is overtaken by up to three others."""
    corrupt: MessageFault = MessageFault()
    """A price, a size or the time is impossible."""
    stall: OutageFault = OutageFault()
    """Messages wait and come late, in order."""
    disconnect: OutageFault = OutageFault()
    """Messages are lost; after it books and quotes are sent afresh, bars and trades are not."""
    history: HistoryFaults = HistoryFaults()
