"""The one authorization table: every route, operation and channel, and the role it needs.

A route, operation or channel without a row makes the start fail, and so does a row without one of those.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from actors.ports.identity import Need, Role
from config.errors import ConfigError

ROUTES: Mapping[str, Role] = MappingProxyType(
    {
        "GET /": "public",
        "GET /docs": "public",
        "GET /health": "public",
        "GET /ready": "public",
        "GET /metrics": "public",
        "GET /openapi.json": "public",
        "GET /asyncapi.json": "public",
        "GET /api/v1/status": "public",
        "GET /api/v1/capabilities": "public",
        "POST /auth/v1/signup": "public",
        "POST /auth/v1/token": "public",
        "GET /auth/v1/settings": "public",
        "GET /auth/v1/health": "public",
        "GET /auth/v1/.well-known/jwks.json": "public",
        "GET /auth/v1/user": "person",
        "PUT /auth/v1/user": "person",
        "POST /auth/v1/logout": "person",
        "POST /auth/v1/factors": "viewer",
        "POST /auth/v1/factors/{factor_id}/challenge": "person",
        "POST /auth/v1/factors/{factor_id}/verify": "person",
        "DELETE /auth/v1/factors/{factor_id}": "viewer",
        "GET /auth/v1/admin/users": "admin",
        "POST /auth/v1/admin/users": "admin",
        "GET /auth/v1/admin/users/{user_id}": "admin",
        "PUT /auth/v1/admin/users/{user_id}": "admin",
        "DELETE /auth/v1/admin/users/{user_id}": "admin",
        "GET /api/v1/session": "person",
        "POST /api/v1/session/end": "person",
        "GET /api/v1/sessions": "viewer",
        "DELETE /api/v1/sessions/{session_id}": "viewer",
        "POST /api/v1/password": "person",
        "GET /api/v1/two-factor": "person",
        "POST /api/v1/two-factor": "viewer",
        "POST /api/v1/two-factor/verify": "person",
        "POST /api/v1/two-factor/recovery-codes": "viewer",
        "DELETE /api/v1/two-factor": "viewer",
        "GET /api/v1/api-keys": "viewer",
        "POST /api/v1/api-keys": "viewer",
        "DELETE /api/v1/api-keys/{key_id}": "viewer",
        "GET /api/v1/users": "admin",
        "POST /api/v1/users": "admin",
        "GET /api/v1/users/{user_id}": "admin",
        "PATCH /api/v1/users/{user_id}": "admin",
        "DELETE /api/v1/users/{user_id}": "admin",
        "POST /api/v1/users/{user_id}/password": "admin",
        "DELETE /api/v1/users/{user_id}/two-factor": "admin",
        "GET /api/v1/users/{user_id}/sessions": "admin",
        "DELETE /api/v1/users/{user_id}/sessions/{session_id}": "admin",
        "GET /api/v1/users/{user_id}/limits": "admin",
        "PATCH /api/v1/users/{user_id}/limits": "admin",
        "GET /api/v1/audit": "viewer",
        "GET /api/v1/instruments": "viewer",
        "GET /api/v1/instruments/{instrument_id}": "viewer",
        "GET /api/v1/bars": "viewer",
        "GET /api/v1/trades": "viewer",
        "GET /api/v1/quotes": "viewer",
        "GET /api/v1/book": "viewer",
        "GET /api/v1/indicators": "viewer",
        "GET /api/v1/indicators/catalogue": "viewer",
        "GET /api/v1/signals": "viewer",
        "GET /api/v1/signals/features": "viewer",
        "GET /api/v1/predictions": "viewer",
        "GET /api/v1/predictions/accuracy": "viewer",
        "GET /api/v1/predictions/drift": "viewer",
        "GET /api/v1/jobs": "trader",
        "POST /api/v1/jobs": "trader",
        "GET /api/v1/jobs/{job_id}": "trader",
        "DELETE /api/v1/jobs/{job_id}": "trader",
        "GET /api/v1/models": "viewer",
        "DELETE /api/v1/models": "admin",
        "POST /api/v1/models/rollback": "admin",
        "GET /api/v1/models/{model_id}": "viewer",
        "GET /api/v1/models/{model_id}/report": "viewer",
        "POST /api/v1/models/{model_id}/promote": "admin",
        "GET /api/v1/settings": "viewer",
        "PATCH /api/v1/settings": "admin",
        "GET /api/v1/replay": "viewer",
        "PATCH /api/v1/replay": "admin",
        "POST /api/v1/replay": "admin",
        "GET /api/v1/orders": "trader",
        "POST /api/v1/orders": "trader",
        "DELETE /api/v1/orders": "trader",
        "POST /api/v1/orders/validate": "trader",
        "POST /api/v1/orders/batch": "trader",
        "GET /api/v1/orders/{client_order_id}": "trader",
        "PATCH /api/v1/orders/{client_order_id}": "trader",
        "DELETE /api/v1/orders/{client_order_id}": "trader",
        "POST /api/v1/deadman": "trader",
        "GET /api/v1/positions": "trader",
        "POST /api/v1/positions/{instrument_id}/close": "trader",
        "GET /api/v1/fills": "trader",
        "GET /api/v1/balances": "trader",
        "GET /api/v1/equity": "trader",
        "GET /api/v1/alerts": "trader",
        "GET /api/v1/trader": "trader",
        "PATCH /api/v1/trader": "trader",
        "GET /api/v1/traders": "admin",
        "GET /api/v1/kill-switch": "trader",
        "POST /api/v1/kill-switch": "trader",
        "DELETE /api/v1/kill-switch": "trader",
        "GET /api/v1/limits": "trader",
        "PATCH /api/v1/limits": "trader",
        "GET /api/v1/strategies": "trader",
        "POST /api/v1/strategies": "trader",
        "GET /api/v1/strategies/catalogue": "trader",
        "PATCH /api/v1/strategies/{name}": "trader",
        "DELETE /api/v1/strategies/{name}": "trader",
        "POST /api/auth/login": "public",
        "POST /api/auth/register": "public",
        "GET /api/auth/verify": "person",
        "GET /api/auth/profile": "person",
        "POST /api/auth/change-password": "person",
        "GET /api/auth/sessions": "viewer",
        "DELETE /api/auth/sessions/{session_id}": "viewer",
        "POST /api/auth/sessions/revoke-all": "viewer",
        "GET /api/account": "trader",
        "GET /api/status": "trader",
        "POST /api/bot/start": "trader",
        "POST /api/bot/stop": "trader",
        "POST /api/trades/execute": "trader",
        "GET /api/trades/history": "trader",
        "GET /api/performance/stats": "trader",
        "GET /api/positions": "trader",
        "POST /api/positions/close": "trader",
        "POST /api/positions/close-all": "trader",
        "POST /api/positions/{symbol}/close": "trader",
        "GET /api/market/chart/{symbol}/{timeframe}": "viewer",
        "GET /api/market/symbols": "viewer",
        "GET /api/market/prices": "viewer",
        "GET /api/market/overview": "viewer",
        "GET /api/health": "public",
        "GET /api/v1/screened-orders": "viewer",
        "GET /api/v1/screened-orders/outcomes": "viewer",
        "GET /api/v1/screened-orders/accuracy": "viewer",
        "POST /api/v1/screened-orders/{order_id}/outcome": "viewer",
        "POST /predict": "viewer",
        "POST /predict/batch": "viewer",
        "POST /calculate_risk_reward": "viewer",
        "GET /confidence/history/{symbol}/{strategy}": "viewer",
        "GET /confidence/trends": "viewer",
        "GET /market/{symbol}": "viewer",
        "GET /market/{symbol}/bars": "viewer",
        "GET /vix": "viewer",
        "GET /option_chain/{symbol}": "viewer",
        "GET /api/market_data/{symbol}/quote": "viewer",
        "GET /api/market_data/{symbol}/bars": "viewer",
        "GET /api/options/{symbol}/chain": "viewer",
        "GET /api/health/detailed": "viewer",
        "GET /api/config/trading": "viewer",
        "PUT /api/config/trading": "admin",
        "POST /ai/analyze": "viewer",
        "POST /api/ai/analyze": "viewer",
        "GET /ai/info": "viewer",
        "GET /ai/strategies": "viewer",
        "POST /ai/market-condition": "viewer",
        "POST /ai/strategy-recommendations": "viewer",
        "GET /ai/performance": "viewer",
        "POST /ai/feedback": "viewer",
        "POST /analyze": "viewer",
        "GET /config": "viewer",
        "POST /train": "trader",
        "GET /model/info": "viewer",
        "POST /model/load": "admin",
        "POST /model/save": "admin",
        "DELETE /model/cleanup": "admin",
        "POST /api/v1/ws-ticket": "viewer",
        "GET /ws": "public",
        "GET /ws/market_data": "viewer",
        "GET /ws/confidence": "viewer",
        "GET /ws/{client_id}": "viewer",
    }
)
"""`METHOD path` -> role. Static files of the page count as `GET /`."""

OPERATIONS: Mapping[str, Role] = MappingProxyType(
    {
        "auth": "public",
        "subscribe": "viewer",
        "unsubscribe": "viewer",
        "ping": "public",
        "subscribe_bars": "viewer",
        "unsubscribe_bars": "viewer",
        "subscribe_trades": "viewer",
        "unsubscribe_trades": "viewer",
        "subscribe_orderbook": "viewer",
        "unsubscribe_orderbook": "viewer",
        "order.submit": "trader",
        "order.validate": "trader",
        "order.batch": "trader",
        "order.modify": "trader",
        "order.cancel": "trader",
        "order.cancel_all": "trader",
        "position.close": "trader",
        "deadman": "trader",
    }
)
CHANNELS: Mapping[str, Role] = MappingProxyType(
    {
        "bars": "viewer",
        "trades": "viewer",
        "quotes": "viewer",
        "book": "viewer",
        "book_delta": "viewer",
        "indicators": "viewer",
        "signals": "viewer",
        "status": "viewer",
        "orders": "trader",
        "fills": "trader",
        "positions": "trader",
        "balances": "trader",
        "trade_signals": "trader",
        "alerts": "trader",
        "trader": "trader",
        "jobs": "trader",
    }
)


SELF: frozenset[str] = frozenset(
    {
        "POST /auth/v1/factors",
        "DELETE /auth/v1/factors/{factor_id}",
        "GET /api/v1/sessions",
        "DELETE /api/v1/sessions/{session_id}",
        "POST /api/v1/two-factor",
        "POST /api/v1/two-factor/recovery-codes",
        "DELETE /api/v1/two-factor",
        "GET /api/v1/api-keys",
        "POST /api/v1/api-keys",
        "DELETE /api/v1/api-keys/{key_id}",
        "GET /api/auth/sessions",
        "DELETE /api/auth/sessions/{session_id}",
        "POST /api/auth/sessions/revoke-all",
    }
)
"""Routes to one's own sign-in that no API key opens, beside those of role `person`."""

OF_ADMINS_TOO = frozenset({f"{verb} /api/v1/kill-switch" for verb in ("GET", "POST", "DELETE")})
"""Rows of traders that admins open too, whether they trade or not: the handler asks for the role of what is meant."""


def need_of(name: str, role: Role) -> Need:
    """Return what an API key needs for a route or operation of a role."""
    if role == "person" or name in SELF:
        return "self"
    if role == "admin":
        return "admin"
    return "trade" if role == "trader" and not name.startswith("GET ") else "read"


def need_to_hear(role: Role) -> Need:
    """Return what an API key needs to hear a channel of a role: nothing is changed by listening."""
    return "admin" if role == "admin" else "read"


def check_rows(kind: str, rows: Mapping[str, Role], found: Iterable[str]) -> None:
    """Compare the table with what exists.

    Raises:
        ConfigError: If something has no row, or a row stands for nothing.
    """
    names = set(found)
    if missing := sorted(names - rows.keys()):
        raise ConfigError(f"{kind} without a row in actors/bridge/access.py: {', '.join(missing)}")
    if extra := sorted(rows.keys() - names):
        raise ConfigError(f"row in actors/bridge/access.py without a {kind}: {', '.join(extra)}")
