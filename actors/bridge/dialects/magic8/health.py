"""What the order predictor's clients read of `GET /health`."""

from typing import Literal

from msgspec import Struct

from actors.bridge.context import Context
from actors.bridge.words import time_text
from actors.screening.screener import SIMULATED
from actors.signal.order_features import NAMES
from config.schema import NodeConfig

FED = frozenset({"live", "ended"})
"""States of the feed in which market data comes, or has come to its end."""


class Components(Struct, frozen=True, kw_only=True):
    """Parts of the predictor, in its clients' words."""

    model: Literal["loaded", "not_loaded"]
    features: str
    """`27 features`, or `not_loaded`."""
    ib_connection: Literal["connected", "disconnected"]
    """Whether market data comes, wherever from."""
    market_data: str
    """State of the feed."""
    source: str
    """Where prices come from; `mock` for a simulated market."""


class Magic8Health(Struct, frozen=True, kw_only=True):
    """What is added to `GET /health`."""

    timestamp: str
    """Market time, RFC 3339."""
    model_loaded: bool
    components: Components


def source_of(config: NodeConfig) -> str:
    """Return how the market is called in answers: prices are never simulated silently."""
    return SIMULATED if config.market == "sim" else config.market


def magic8_health(context: Context) -> Magic8Health | None:
    """Return what is added to `GET /health`; None when the dialect is off."""
    screening, host = context.screening, context.host
    if not context.config.dialects.magic8 or screening is None:
        return None
    is_loaded = screening.model is not None
    return Magic8Health(
        timestamp=time_text(context.clock.now_ms),
        model_loaded=is_loaded,
        components=Components(
            model="loaded" if is_loaded else "not_loaded",
            features=f"{len(NAMES)} features" if is_loaded else "not_loaded",
            ib_connection="connected" if host.feed in FED else "disconnected",
            market_data=host.feed,
            source=source_of(context.config),
        ),
    )
