"""Tells users what they should know of their trader."""

from collections.abc import Callable
from uuid import uuid4

import structlog

from actors.accounts.accounts import Accounts
from actors.orders import AlertKind, AlertLevel, AlertRow
from node.trading.trader import Trader

log = structlog.get_logger(__name__)


class Alerts:
    """Journals alerts and has them told, in the order of everything else of the account."""

    def __init__(self, accounts: Accounts, now_ns: Callable[[], int]) -> None:
        """Send through `accounts`, stamped with market time."""
        self._accounts = accounts
        self._now_ns = now_ns

    def send(self, trader: Trader, kind: AlertKind, level: AlertLevel, message: str) -> None:
        """Send one."""
        row = AlertRow(
            user_id=trader.user_id,
            alert_id=uuid4().hex,
            kind=kind,
            level=level,
            message=message,
            ts=self._now_ns(),
        )
        log.warning("user_alerted", user_id=trader.user_id, kind=kind, message=message)
        self._accounts.alert(trader.account_id, row)
