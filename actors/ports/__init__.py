"""Small Protocols through which components ask each other; `node/build.py` hands the implementations over."""

from actors.ports.bars import BarColumns, Bars, BarsPage, gives
from actors.ports.cache import Cache, Cached, CacheHealth, CacheKind
from actors.ports.host import FeedStateName, Host, NodeStateName, TradingStateName
from actors.ports.indicators import Indicators, IndicatorsPage
from actors.ports.journal import (
    AuditRow,
    Journal,
    JournalRow,
    NodeRow,
    Page,
    Recorded,
    Span,
    StrategyRow,
    TraderRow,
)
from actors.ports.replay import Replay, ReplayPlay, ReplayState
from actors.ports.signals import Signals
from actors.ports.ticks import Place, TickKind, Ticks, TickStream
from actors.ports.traders import (
    AccountListener,
    AccountView,
    BatchItem,
    Limits,
    Marks,
    Preview,
    StrategyKind,
    StrategyState,
    StrategyStateName,
    Traders,
    TraderState,
)

__all__ = [
    "AccountListener",
    "AccountView",
    "AuditRow",
    "BarColumns",
    "Bars",
    "BarsPage",
    "BatchItem",
    "Cache",
    "CacheHealth",
    "CacheKind",
    "Cached",
    "FeedStateName",
    "Host",
    "Indicators",
    "IndicatorsPage",
    "Journal",
    "JournalRow",
    "Limits",
    "Marks",
    "NodeRow",
    "NodeStateName",
    "Page",
    "Place",
    "Preview",
    "Recorded",
    "Replay",
    "ReplayPlay",
    "ReplayState",
    "Signals",
    "Span",
    "StrategyKind",
    "StrategyRow",
    "StrategyState",
    "StrategyStateName",
    "TickKind",
    "TickStream",
    "Ticks",
    "TraderRow",
    "TraderState",
    "Traders",
    "TradingStateName",
    "gives",
]
