"""Small Protocols through which components ask each other; `node/build.py` hands the implementations over."""

from actors.ports.bars import BarColumns, Bars, BarsPage
from actors.ports.cache import Cache, Cached, CacheHealth, CacheKind
from actors.ports.host import FeedStateName, Host, NodeStateName, TradingStateName
from actors.ports.indicators import Indicators, IndicatorsPage
from actors.ports.replay import Replay, ReplayPlay, ReplayState
from actors.ports.signals import Signals
from actors.ports.ticks import Place, TickKind, Ticks, TickStream

__all__ = [
    "BarColumns",
    "Bars",
    "BarsPage",
    "Cache",
    "CacheHealth",
    "CacheKind",
    "Cached",
    "FeedStateName",
    "Host",
    "Indicators",
    "IndicatorsPage",
    "NodeStateName",
    "Place",
    "Replay",
    "ReplayPlay",
    "ReplayState",
    "Signals",
    "TickKind",
    "TickStream",
    "Ticks",
    "TradingStateName",
]
