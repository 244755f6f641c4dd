"""The streams of what is a user's own and changes: orders, positions, balances, jobs."""

from decimal import Decimal

import msgspec

from whisperer_client.link import Link
from whisperer_client.rest import Rest
from whisperer_client.states import States
from whisperer_client.trading import Trading
from whisperer_client.types import Balance, Job, Order, Position

ENDED = frozenset({"filled", "canceled", "expired", "rejected", "denied"})
"""Statuses of orders to which nothing happens any more."""


def order_states(link: Link, trading: Trading, limit: int) -> States[Order]:
    """Return the changes of the user's orders; how one has ended that is gone is asked of `trading`."""

    async def ended(order: Order) -> Order:
        return await trading.order(order.client_order_id)

    return States(link, "orders", lambda order: order.order_id, ended, _is_working, limit=limit)


def position_states(link: Link, limit: int) -> States[Position]:
    """Return the changes of the user's positions; one that is gone is flat, its money as it was known last."""
    return States(link, "positions", lambda position: position.instrument_id, _flat, _is_held, limit=limit)


def balance_states(link: Link, limit: int) -> States[Balance]:
    """Return the changes of the user's balances."""
    return States(link, "balances", lambda balance: balance.currency, _nothing, _is_there, limit=limit)


def job_states(link: Link, rest: Rest, limit: int) -> States[Job]:
    """Return the changes of the user's jobs; how one has ended that is gone is asked of `rest`."""

    async def ended(job: Job) -> Job:
        return await rest.get(f"/api/v1/jobs/{job.job_id}", Job)

    return States(link, "jobs", lambda job: job.job_id, ended, _is_running, limit=limit)


def _is_working(order: Order) -> bool:
    return order.status not in ENDED


def _is_running(job: Job) -> bool:
    return job.state == "running"


def _is_held(position: Position) -> bool:
    return position.side != "flat"


def _is_there(_balance: Balance) -> bool:
    return True


async def _flat(position: Position) -> Position:
    nothing = Decimal(0)
    return msgspec.structs.replace(
        position, side="flat", quantity=nothing, avg_price=None, cost=nothing, unrealized_pnl=None, margin=None
    )


async def _nothing(_balance: Balance) -> None:
    return None
