"""How every private route and operation is asked for somebody else's things: made from the authorization table.

What a row needs beside its path stands in `BODIES`, `QUERIES` and `OPERATIONS_ASKED`; a new row that needs more than
nothing and stands in none of them makes the isolation test fail.
"""

import re
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec

from actors.bridge import access
from actors.bridge.command import commands
from actors.bridge.rest.route import routes
from actors.bridge.rest.traffic import SOCKETS, WS
from tests.bridge.fakes import BTC, ETH
from tests.bridge.shared_world import Things, order, strategy
from tests.candles import FIRST_MS, candles

type Body = Callable[[Things], Any]

_numbers = count(1)


def own_id() -> str:
    """Return an id of an order that nobody has used."""
    return f"probe-{next(_numbers)}"


PATHS: Mapping[str, Callable[[Things], str]] = {
    "client_order_id": lambda of: of.client_order_id,
    "order_id": lambda of: of.order_id,
    "session_id": lambda of: of.session_id,
    "key_id": lambda of: of.key_id,
    "factor_id": lambda of: of.factor_id,
    "user_id": lambda of: of.user_id,
    "name": lambda of: of.strategy,
    "instrument_id": lambda _: ETH,
    "symbol": lambda _: "ETHUSDT",
    "timeframe": lambda _: "1m",
    "model_id": lambda _: "gbt-of-the-node",
    "job_id": lambda of: of.job_id,
    "client_id": lambda of: of.strategy,
    "strategy": lambda of: of.strategy,
}
"""What stands in the braces of a path."""
WRONG_PASSWORD = {"current_password": "not the right one", "new_password": "another long password 77"}
LIMITS = {"max_open_orders": 50}
OPTION = {"strategy": "Butterfly", "symbol": "BTCUSDT", "premium": 2, "predicted_price": 30_000}
CANDLES = {"symbol": "BTCUSDT", "timeframe": "1h", "candles": candles(120)}
BODIES: Mapping[str, Body] = {
    "POST /auth/v1/signup": lambda of: {"email": of.email, "password": "a long password 12345"},
    "PUT /auth/v1/user": lambda of: {"data": {"user_id": of.user_id, "friend": of.user_id}},
    "POST /auth/v1/factors": lambda of: {"factor_type": "totp", "friendly_name": of.factor_id},
    "POST /auth/v1/factors/{factor_id}/verify": lambda of: {"challenge_id": of.factor_id, "code": "000000"},
    "POST /auth/v1/admin/users": lambda of: {"email": of.email, "password": "a long password 12345"},
    "PUT /auth/v1/admin/users/{user_id}": lambda _: {"ban_duration": "1h"},
    "POST /api/v1/session/end": lambda _: {"which": "others"},
    "POST /api/v1/password": lambda _: WRONG_PASSWORD,
    "POST /api/auth/change-password": lambda _: WRONG_PASSWORD,
    "POST /api/v1/two-factor": lambda of: {"name": of.factor_id},
    "POST /api/v1/two-factor/verify": lambda of: {"factor_id": of.factor_id, "code": "000000"},
    "POST /api/v1/two-factor/recovery-codes": lambda _: {"code": "000000"},
    "DELETE /api/v1/two-factor": lambda _: {"code": "000000"},
    "POST /api/v1/api-keys": lambda _: {"name": "probe", "scopes": ["read"]},
    "POST /api/v1/users": lambda of: {"email": of.email, "roles": ["viewer"]},
    "PATCH /api/v1/users/{user_id}": lambda _: {"roles": ["admin"]},
    "POST /api/v1/users/{user_id}/password": lambda _: {"password": "a long password 12345"},
    "PATCH /api/v1/users/{user_id}/limits": lambda _: LIMITS,
    "POST /api/v1/jobs": lambda _: {"instrument_id": BTC, "promote": True},
    "POST /api/v1/models/rollback": lambda _: {"instrument_id": BTC, "interval": "1m", "kind": "gbt"},
    "PATCH /api/v1/settings": lambda _: {"quorum": 0.5},
    "PUT /api/config/trading": lambda _: {"long_threshold": 0.7},
    "PATCH /api/v1/replay": lambda _: {"paused": True},
    "POST /api/v1/replay": lambda _: {"action": "step", "bars": 1},
    "POST /api/v1/orders": lambda of: order(own_id(), parent_client_order_id=of.client_order_id),
    "POST /api/v1/orders/validate": lambda of: order(own_id(), parent_client_order_id=of.client_order_id),
    "POST /api/v1/orders/batch": lambda _: {"orders": [order(own_id())]},
    "PATCH /api/v1/orders/{client_order_id}": lambda _: {"price": "29000.00"},
    "POST /api/v1/deadman": lambda _: {"timeout_s": 60},
    "POST /api/v1/positions/{instrument_id}/close": lambda _: {},
    "PATCH /api/v1/trader": lambda _: {"trading_state": "active", "screening": {"enabled": True}},
    "POST /api/v1/kill-switch": lambda _: {"scope": "node"},
    "PATCH /api/v1/limits": lambda _: LIMITS,
    "POST /api/v1/strategies": lambda _: strategy(own_id()),
    "PATCH /api/v1/strategies/{name}": lambda _: {"state": "stopped"},
    "POST /api/trades/execute": lambda _: (
        {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT"} | {"quantity": 0.1, "price": 31000.0}
    ),
    "POST /api/positions/close": lambda _: {"symbol": "ETHUSDT"},
    "POST /predict": lambda of: OPTION | {"id": of.client_order_id},
    "POST /predict/batch": lambda _: {"requests": [OPTION]},
    "POST /api/v1/screened-orders/{order_id}/outcome": lambda _: {"won": True},
    "POST /calculate_risk_reward": lambda _: (
        {"symbol": "SPX", "strategy": "Vertical", "strikes": [90, 100]} | {"premium": 2.0, "action": "BUY"}
    ),
    "POST /ai/analyze": lambda _: CANDLES,
    "POST /api/ai/analyze": lambda _: CANDLES,
    "POST /ai/market-condition": lambda _: CANDLES,
    "POST /ai/strategy-recommendations": lambda _: CANDLES,
    "POST /ai/feedback": lambda of: (
        {"signal_id": of.order_id, "symbol": "BTCUSDT", "predicted_signal": "Long"}
        | {"actual_outcome": "win", "profit_loss": 1.0, "confidence_was_accurate": True, "timestamp": FIRST_MS}
    ),
    "POST /analyze": lambda _: CANDLES,
    "POST /train": lambda _: CANDLES | {"candles": candles(900), "model_type": "gbt"},
}
"""Row -> body, where there is one."""
QUERIES: Mapping[str, Callable[[Things], str]] = {
    "GET /api/v1/audit": lambda of: f"?user_id={of.user_id}",
    "DELETE /api/v1/kill-switch": lambda _: "?scope=node",
}
"""Row -> query, where somebody else can be named in one."""
SAID: Mapping[str, Body] = {
    "GET /ws/market_data": lambda of: {"action": "subscribe", "symbol": of.client_order_id},
    "GET /ws/confidence": lambda of: {"action": "subscribe", "symbols": [of.user_id]},
    "GET /ws/{client_id}": lambda of: {"action": "subscribe", "symbol": of.user_id},
}
"""Row of a WebSocket -> what is said there."""
NEEDED = {"instrument_id": BTC, "interval": "1m", "name": "EMA(20)", "model_path": "gbt-of-the-node"}
"""Query parameters that some rows cannot do without."""
OPERATIONS_ASKED: Mapping[str, Body] = {
    "subscribe": lambda of: {"ch": [f"orders:{of.user_id}"]},
    "unsubscribe": lambda of: {"ch": [f"orders:{of.user_id}"]},
    "subscribe_bars": lambda of: {"symbol": of.user_id, "timeframe": "1m"},
    "unsubscribe_bars": lambda of: {"symbol": of.user_id, "timeframe": "1m"},
    "subscribe_trades": lambda of: {"symbol": of.user_id},
    "unsubscribe_trades": lambda of: {"symbol": of.user_id},
    "subscribe_orderbook": lambda of: {"symbol": of.user_id},
    "unsubscribe_orderbook": lambda of: {"symbol": of.user_id},
    "order.submit": lambda of: {"order": order(own_id(), parent_client_order_id=of.client_order_id)},
    "order.validate": lambda of: {"order": order(own_id(), parent_client_order_id=of.client_order_id)},
    "order.batch": lambda _: {"orders": [order(own_id())]},
    "order.modify": lambda of: {"client_order_id": of.client_order_id, "price": "29000.00"},
    "order.cancel": lambda of: {"client_order_id": of.client_order_id},
    "order.cancel_all": lambda _: {"instrument_id": ETH},
    "position.close": lambda _: {"instrument_id": ETH},
    "deadman": lambda _: {"timeout_s": 60},
}
"""Operation -> its fields."""


class Probe(msgspec.Struct, frozen=True):
    """One request."""

    method: str
    path: str
    body: Any


def private_routes() -> list[str]:
    """Return the rows that belong to a person."""
    return [name for name, role in access.ROUTES.items() if role != "public" and name not in SOCKETS]


def private_sockets() -> list[str]:
    """Return the rows of WebSockets that need a role from the handshake on."""
    return sorted(name for name in SOCKETS if name != WS and access.ROUTES[name] != "public")


def private_operations() -> list[str]:
    """Return the operations that belong to a person."""
    return [name for name in commands if access.OPERATIONS[name] != "public"]


def probe(name: str, of: Things) -> Probe:
    """Return how a row is asked for somebody's things.

    Raises:
        LookupError: If nobody has said how this row is asked.
    """
    method, _, template = name.partition(" ")
    path = re.sub(r"\{(\w+)\}", lambda slot: _slot(name, slot[1])(of), template)
    if name in SOCKETS:
        return Probe(method, path, _said(name, of))
    kind = routes.get(name)
    if name in QUERIES:
        path += QUERIES[name](of)
    elif needed := [one.name for one in msgspec.structs.fields(kind.query) if one.required]:
        path += "?" + "&".join(f"{one}={_needed(name, one)}" for one in needed)
    if kind.body is None:
        return Probe(method, path, None)
    if name not in BODIES:
        raise LookupError(f"{name} needs a body: say in tests/bridge/probes.py what would be somebody else's in it")
    return Probe(method, path, BODIES[name](of))


def asked(op: str, of: Things) -> dict[str, Any]:
    """Return the fields with which an operation is asked for somebody's things.

    Raises:
        LookupError: If nobody has said how.
    """
    if op not in OPERATIONS_ASKED:
        raise LookupError(f"operation {op}: say in tests/bridge/probes.py how it would name what is somebody else's")
    fields: dict[str, Any] = OPERATIONS_ASKED[op](of)
    return fields


def _said(name: str, of: Things) -> object:
    if name not in SAID:
        raise LookupError(f"{name}: say in tests/bridge/probes.py what would be said there of somebody else's")
    return SAID[name](of)


def _slot(name: str, slot: str) -> Callable[[Things], str]:
    if slot not in PATHS:
        raise LookupError(f"{name}: say in tests/bridge/probes.py what {{{slot}}} would be of somebody else's")
    return PATHS[slot]


def _needed(name: str, parameter: str) -> str:
    if parameter not in NEEDED:
        raise LookupError(f"{name} needs {parameter}: say in tests/bridge/probes.py what it would be")
    return NEEDED[parameter]
