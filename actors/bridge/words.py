"""What the dialects' clients call things of orders and accounts; their numbers are JSON numbers and never null."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

from actors.bridge.symbols import Symbols
from actors.orders import OrderStatus

ORDER_STATUS: Mapping[OrderStatus, str] = MappingProxyType(
    {
        "submitted": "NEW",
        "accepted": "NEW",
        "triggered": "NEW",
        "unknown": "NEW",
        "partially_filled": "PARTIALLY_FILLED",
        "filled": "FILLED",
        "canceled": "CANCELED",
        "expired": "EXPIRED",
        "rejected": "REJECTED",
        "denied": "REJECTED",
    }
)
BOT_STATUS: Mapping[str, str] = MappingProxyType({"starting": "running", "running": "running", "degraded": "running"})
"""State of a trader that may trade -> their word; any other is an error."""
BUY, SELL = "BUY", "SELL"


def number(value: Decimal | str | None) -> float:
    """Return an exact amount as the number that their clients calculate with; 0 where there is none."""
    return 0.0 if value is None else float(value)


def percent(part: float, whole: float) -> float:
    """Return a part in percent of the whole; 0 of nothing."""
    return part / whole * 100.0 if whole else 0.0


def time_text(ms: int) -> str:
    """Return UNIX milliseconds as `2026-01-01T00:00:00.000Z`."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def bot_status(state: str, trading_state: str) -> str:
    """Return `running`, `stopped` or `error` for the states of a trader."""
    return "stopped" if trading_state == "halted" and state in BOT_STATUS else BOT_STATUS.get(state, "error")


def named(symbols: Symbols, instrument_id: str) -> str:
    """Return the symbol of an instrument, its id when it has none."""
    return symbols.symbol(instrument_id) or instrument_id
