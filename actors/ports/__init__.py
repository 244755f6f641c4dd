"""Small Protocols through which components ask each other; `node/build.py` hands the implementations over."""

from actors.ports.analyses import Analyses
from actors.ports.background import Background
from actors.ports.bars import BarColumns, Bars, BarsPage, gives
from actors.ports.cache import Cache, Cached, CacheHealth, CacheKind
from actors.ports.host import FeedStateName, Host, NodeStateName, TradingStateName
from actors.ports.identity import (
    AuthMode,
    EndReason,
    Identity,
    IdentityListener,
    Origin,
    Pending,
    Principal,
    Role,
    Scope,
)
from actors.ports.indicators import Indicators, IndicatorsPage
from actors.ports.jobs import JobListener, JobRow, Jobs, TrainingWish
from actors.ports.journal import (
    AuditEntry,
    AuditLog,
    AuditRow,
    AuditSpan,
    Journal,
    JournalRow,
    NodeRow,
    Page,
    Recorded,
    Span,
    StrategyRow,
    TraderRow,
)
from actors.ports.model_keeper import KeptModel, ModelKeeper
from actors.ports.models import Models
from actors.ports.own_orders import Opinions, OrderScreening, OrderVerdict, ScreeningState
from actors.ports.people import People, PeopleListener
from actors.ports.replay import Replay, ReplayPlay, ReplayState
from actors.ports.running_settings import RunningSettings, SettingsState
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
    "Analyses",
    "AuditEntry",
    "AuditLog",
    "AuditRow",
    "AuditSpan",
    "AuthMode",
    "Background",
    "BarColumns",
    "Bars",
    "BarsPage",
    "BatchItem",
    "Cache",
    "CacheHealth",
    "CacheKind",
    "Cached",
    "EndReason",
    "FeedStateName",
    "Host",
    "Identity",
    "IdentityListener",
    "Indicators",
    "IndicatorsPage",
    "JobListener",
    "JobRow",
    "Jobs",
    "Journal",
    "JournalRow",
    "KeptModel",
    "Limits",
    "Marks",
    "ModelKeeper",
    "Models",
    "NodeRow",
    "NodeStateName",
    "Opinions",
    "OrderScreening",
    "OrderVerdict",
    "Origin",
    "Page",
    "Pending",
    "People",
    "PeopleListener",
    "Place",
    "Preview",
    "Principal",
    "Recorded",
    "Replay",
    "ReplayPlay",
    "ReplayState",
    "Role",
    "RunningSettings",
    "Scope",
    "ScreeningState",
    "SettingsState",
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
    "TrainingWish",
    "gives",
]
