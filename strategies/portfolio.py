"""The engine's portfolio as one trader may see it."""

import functools
from typing import Any

from nautilus_trader.model import AccountId
from nautilus_trader.portfolio import Portfolio

_SHARED = frozenset(
    {
        "is_initialized",
        "statistics",
        "register_statistic",
        "deregister_statistic",
        "deregister_statistics",
    }
)


class AccountPortfolio:
    """Answers for one account: without one named, the engine would add up those of all users."""

    def __init__(self, portfolio: Portfolio, account_id: AccountId) -> None:
        """Look at `portfolio` through `account_id`; another account cannot be asked for."""
        self._portfolio = portfolio
        self._account_id = account_id

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the engine's portfolio has
        found = getattr(self._portfolio, name)
        if name in _SHARED or not callable(found):
            return found
        return functools.partial(self._ask, found)

    def _ask(self, method: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # as above
        kept = tuple(one for one in args if not isinstance(one, AccountId))
        return method(*kept, **kwargs | {"account_id": self._account_id})
