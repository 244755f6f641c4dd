"""A hundred traders who each send ten orders at the same moment: what they send, and what must be true of it."""

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from decimal import Decimal

import aiohttp

from actors.orders import OrderRow
from config.errors import NodeError
from config.trading import LimitsSection
from tests.journal_rows import query
from tests.node.live_world import NAME, SWAP, config_of

LOCAL = "local"
MANY, EACH = 100, 10
USERS = (LOCAL, *(f"t{number}" for number in range(1, MANY)))
REFUSED = {"order_denied", "insufficient_margin", "trading_halted"}
"""Codes of what risk refuses: such an order is nowhere."""
_LIMITS = LimitsSection(
    max_orders_per_s=1_000, max_open_orders=1_000, max_order_notional="50000", max_position_notional="10000000"
)


def many_config(folder, **changes):
    """Return a node with a hundred traders and limits that let ten orders at once through."""
    return config_of(folder, *USERS, slots=128, limits=_LIMITS, **changes)


def orders_of(world, user_id, dice):
    """Return ten tickets of all kinds, some of which risk or venue refuse; the bracket and the linked pair in order."""
    low, high = (world.near(share, SWAP) for share in ("0.9", "1.1"))
    names = (f"{user_id}-{number}" for number in itertools.count())

    def ticket(*args, instrument_id=SWAP, **values):
        return world.ticket(*args, instrument_id=instrument_id, name=next(names), **values)

    def linked():
        stop = ticket("sell", kind="stop_market", trigger_price=low)
        return [stop, ticket("sell", price=high, linked_client_order_ids=(stop.client_order_id,))]

    def bracket():
        entry = ticket(dice.choice(["buy", "sell"]), price=low)
        return [entry, ticket("sell", price=high, parent_client_order_id=entry.client_order_id)]

    def simple():
        side = dice.choice(["buy", "sell"])
        far, crossing = (low, high) if side == "buy" else (high, low)
        rests = {"price": far}
        values = dice.choice(
            [
                {},
                rests,
                {"price": crossing},
                rests | {"time_in_force": "ioc"},
                rests | {"time_in_force": "fok"},
                {"price": crossing, "post_only": True},
                rests | {"time_in_force": "gtd", "expire_time": 7_000_000_000_000},
                {"kind": "stop_market", "trigger_price": crossing},
                {"kind": "stop_limit", "trigger_price": crossing, "price": crossing},
                {"kind": "market_if_touched", "trigger_price": far},
                {"kind": "trailing_stop_market", "trailing_offset": "20"},
                {"reduce_only": True},
                {
                    "quantity": "99",
                    "instrument_id": NAME,
                    "price": world.near("1.0"),
                },  # may be more money than there is
                {"quantity": "100", "kind": "limit", "price": world.near("3", SWAP)},  # over the limit or the collar
                {"instrument_id": NAME},  # a sale of coins that are not there, or a purchase
            ]
        )
        return ticket(side, **({"quantity": f"0.{dice.randint(1, 999):03}"} | values))

    return [*linked(), *bracket(), *(simple() for _ in range(EACH - 4))]


class Sent:
    """What was asked for, by user and the user's own id, and what was answered: an order's id, or a code."""

    def __init__(self, world, seed):
        dice = random.Random(seed)
        self.tickets = {user_id: orders_of(world, user_id, dice) for user_id in USERS}
        self.answers: dict[tuple[str, str], str] = {}
        self._batches = set(dice.sample(USERS[1:], MANY // 2))

    async def all(self, world):
        """Send everything at once: one user's over HTTP, half of the others' in batches."""
        port = world.process._server.port
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await asyncio.gather(*(self._send(world, session, user_id) for user_id in USERS))

    async def _send(self, world, session, user_id):
        tickets = self.tickets[user_id]
        if user_id == LOCAL:
            await asyncio.gather(*(self._post(session, one) for one in tickets))
        elif user_id in self._batches:
            items = await world.traders.submit_batch(user_id, tickets)
            for one, item in zip(tickets, items, strict=True):
                self._note(user_id, one, item.order or item.error)
        else:
            await asyncio.gather(*(self._submit(world, user_id, one) for one in tickets))

    async def _submit(self, world, user_id, ticket):
        try:
            self._note(user_id, ticket, await world.traders.submit(user_id, ticket))
        except NodeError as e:
            self._note(user_id, ticket, e)

    async def _post(self, session, ticket):
        body = {name: getattr(ticket, name) for name in ticket.__struct_fields__}
        async with session.post("/api/v1/orders", json=body) as answer:
            said = await answer.json()
        assert (answer.status == 201) == ("order_id" in said), said
        self._put(LOCAL, ticket, said.get("order_id") or said["code"])

    def _note(self, user_id, ticket, outcome):
        self._put(user_id, ticket, outcome.order_id if isinstance(outcome, OrderRow) else outcome.code)

    def _put(self, user_id, ticket, answer):
        """Keep an answer; an order that was taken is the same one for ever."""
        key = (user_id, ticket.client_order_id)
        known = self.answers.get(key)
        assert known is None or known == answer or is_code(known), (key, known, answer)
        self.answers[key] = answer

    def taken(self):
        """Return order ids by user and the user's own id."""
        return {key: answer for key, answer in self.answers.items() if not is_code(answer)}

    def codes(self):
        return Counter(answer for answer in self.answers.values() if is_code(answer))


def is_code(answer):
    return len(answer) != 32


async def decided(world):
    """Return when the venue has given its word on every order, and everybody was told."""
    await world.until(
        lambda: all(row.status != "submitted" for user_id in USERS for row in world.account(user_id).orders.working())
    )
    written = None
    while written != world.journal._rows:  # the market goes on meanwhile
        written = world.journal._rows
        await world.told()


def check_books(world, sent, folder):
    """Hold journal file, ledger and paper books against each other and against what was answered."""
    path, run_id = folder / "journal.db", world.journal.run_id
    columns = "user_id, client_order_id, order_id, status, filled_quantity, quantity"
    rows = query(path, f"SELECT {columns} FROM orders WHERE run_id = ?", run_id)
    assert {(user, name): order_id for user, name, order_id, *_ in rows} == sent.taken()
    assert len(rows) == len(sent.taken())

    fills = query(path, "SELECT user_id, order_id, fill_id, side, quantity, price, fee, instrument_id FROM fills")
    assert len({(one[1], one[2]) for one in fills}) == len(fills)
    filled, nets, fees = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
    for user_id, order_id, _, side, quantity, _, fee, instrument_id in fills:
        filled[order_id] += Decimal(quantity)
        nets[user_id, instrument_id] += Decimal(quantity) if side == "buy" else -Decimal(quantity)
        fees[user_id] += Decimal(fee)
    for user_id, _, order_id, status, told, quantity in rows:
        assert Decimal(told) == filled[order_id] <= Decimal(quantity), (user_id, order_id)
        assert (status == "filled") == (filled[order_id] == Decimal(quantity) != 0), (status, told, quantity)
    _check_accounts(world, {row[2]: (row[0], row[3], Decimal(row[4])) for row in rows}, nets, fees)
    return rows, fills


def _check_accounts(world, rows, nets, fees):
    """Compare what is in memory with the rows of the file."""
    last = {
        (user_id, name): Decimal(quantity)
        for user_id, name, quantity in query(
            world.journal._path,
            "SELECT user_id, instrument_id, quantity FROM positions WHERE run_id = ?",
            world.journal.run_id,
        )
    }
    for user_id in USERS:
        account = world.account(user_id)
        working = {row.order_id: (user_id, row.status, row.filled_quantity) for row in account.orders.working()}
        assert working == {key: row for key, row in rows.items() if row[0] == user_id and is_working(row[1])}
        venue = {row.order_id: row.filled_quantity for row in world.core.venue.working(account.account_id)}
        assert venue == {order_id: filled for order_id, (_, _, filled) in working.items()}
        for name in (NAME, SWAP):
            net = nets[user_id, name]
            assert world.net(user_id, name) == net == last.get((user_id, name), 0)
            assert sum(held for (_, where), held in account.ledger.nets.items() if where == name) == net
        positions = account.ledger.positions.values()
        paid = sum((one.cost - one.realized for one in positions if not one.terms.is_perpetual), Decimal(0))
        gained = sum((one.realized + one.funding for one in positions if one.terms.is_perpetual), Decimal(0))
        assert abs(account.cash["USDT"] - (100_000 - paid + gained - fees[user_id])) < Decimal("1e-6")
        assert account.cash.get("ABC", 0) == nets[user_id, NAME]


def is_working(status):
    return status in {"accepted", "triggered", "partially_filled", "submitted", "unknown"}


def check_told(world, sent, fills):
    """Everybody heard of every own order to its end, of every own fill once, and of nobody else's."""
    taken = sent.taken()
    told_fills = Counter(
        (row.user_id, row.order_id, row.fill_id) for row in world.heard.rows if type(row).__name__ == "FillRow"
    )
    assert set(told_fills.values()) <= {1}
    assert set(told_fills) == {(user_id, order_id, fill_id) for user_id, order_id, fill_id, *_ in fills}
    newest, revisions = {}, defaultdict(list)
    for row in world.heard.rows:
        if type(row).__name__ == "OrderRow":
            assert taken[row.user_id, row.client_order_id] == row.order_id
            newest[row.order_id] = row
            revisions[row.order_id].append(row.revision)
    assert set(newest) == set(taken.values())
    assert all(a < b for found in revisions.values() for a, b in itertools.pairwise(found))
    for user_id in USERS:
        account = world.account(user_id)
        for order_id in (one for (owner, _), one in taken.items() if owner == user_id):
            row = account.orders.get(order_id)
            if row is not None:
                assert (newest[order_id].status, newest[order_id].filled_quantity) == (row.status, row.filled_quantity)
