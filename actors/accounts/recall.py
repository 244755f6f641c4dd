"""What the journal knows, sorted by account."""

from collections.abc import Iterator, Sequence

from actors.accounts.account import AccountKind
from actors.orders import CashRow, FillRow, OrderRow
from actors.ports.journal import Recorded, TraderRow


def by_trader(recorded: Recorded) -> Iterator[tuple[TraderRow, Recorded]]:
    """Yield every trader with its own part of what was recorded."""
    working, ended = _by_account(recorded.working), _by_account(recorded.ended)
    fills = _by_account(recorded.fills)
    cash = _by_account(recorded.cash)
    for trader in recorded.traders:
        name = trader.account_id
        yield (
            trader,
            Recorded(
                run_id=recorded.run_id,
                traders=[trader],
                strategies=[row for row in recorded.strategies if row.user_id == trader.user_id],
                working=working.get(name, []),
                fills=fills.get(name, []),
                cash=cash.get(name, []),
                node=recorded.node,
                ended=ended.get(name, []),
            ),
        )


def kind_of(trader: TraderRow) -> AccountKind:
    """Return what kind of account a trader has."""
    return "cash" if trader.kind == "cash" else "margin"


def _by_account[Row: (OrderRow, FillRow, CashRow)](rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row)
    return found
