from decimal import Decimal

import pytest
from msgspec.structs import replace

from actors.accounts.account import Applied
from actors.accounts.orders import ENDED
from actors.market import DAY_NS, HOUR_NS, MINUTE_NS
from actors.orders import AlertRow, BalanceRow, CashRow, EquityRow, FillRow, OrderEvent, OrderRow, PositionRow
from actors.ports import NodeRow, Recorded, TraderRow
from config.errors import ConfigError, NotFoundError, UnknownInstrumentError
from tests.entries import entries
from tests.unit.accounts_world import COIN, INSTRUMENTS, NO_LIMITS, PERP, SPOT, T0, World


def recorded(world: World, account) -> Recorded:
    """Return what a journal would tell of a world with one account."""
    newest = {row.order_id: row for row in world.journal.of(OrderRow)}
    trader = TraderRow(user_id=account.user_id, account_id=account.account_id, kind=account.kind, limits={})
    return Recorded(
        run_id="run",
        traders=[trader],
        strategies=[],
        working=[row for row in newest.values() if row.is_working],
        fills=world.journal.of(FillRow),
        cash=world.journal.of(CashRow),
        node={row.name: row.value for row in world.journal.of(NodeRow)},
    )


def told(world: World, *kinds: type) -> list[type]:
    return [type(row) for row in world.ears.told if type(row) in kinds or not kinds]


class TestEvents:
    def test_a_fill_tells_fill_order_position_and_balances_in_that_order(self):
        world = World()
        row = world.work(world.open(), PERP, "buy", "1", type="limit", price="100")
        world.ears.told.clear()

        world.fill(row, "1", "100", fee=Decimal("0.05"))

        assert told(world) == [FillRow, OrderRow, PositionRow, BalanceRow]

    def test_users_hear_of_a_fill_once_it_is_durable(self):
        world = World(at_once=False)
        row = world.work(world.open(), PERP, "buy", "1", type="limit", price="100")
        world.fill(row, "1", "100")
        before = told(world, FillRow)

        world.journal.commit()

        assert before == []
        assert told(world, FillRow) == [FillRow]

    def test_an_accept_is_told_at_once_but_never_before_what_waits(self):
        world = World(at_once=False)
        anna = world.open()
        first = world.work(anna, PERP, "buy", "1", type="limit", price="100")
        accepted = world.ears.of(OrderRow)
        world.fill(first, "1", "100")
        second = world.work(anna, PERP, "buy", "1", type="limit", price="100")

        waiting = world.ears.of(OrderRow)
        world.journal.commit()

        assert [row.status for row in accepted] == ["accepted"]
        assert waiting == accepted
        assert [row.order_id for row in world.ears.of(OrderRow)] == [first.order_id, first.order_id, second.order_id]

    def test_nobody_waits_for_somebody_else(self):
        world = World(at_once=False)
        anna, bob = world.open("anna"), world.open("bob")
        world.trade(anna, PERP, "buy", "1", "100")

        world.work(bob, PERP, "buy", "1", type="limit", price="100")

        assert [row.user_id for row in world.ears.of(OrderRow)] == ["anna", "bob"]

    def test_a_repeated_fill_changes_and_tells_nothing(self):
        world = World()
        row = world.work(world.open(), PERP, "buy", "2", type="limit", price="100")
        world.fill(row, "1", "100", "f1")
        heard = len(world.ears.told)

        again = world.fill(row, "1", "100", "f1")

        assert again is None
        assert len(world.ears.told) == heard

    def test_fills_of_orders_that_ended_long_ago_take_no_memory_and_still_count_once(self):
        world = World()
        anna = world.open()
        rows = [world.work(anna, PERP, "buy", "1", type="limit", price="100") for _ in range(ENDED + 3)]
        for number, row in enumerate(rows):
            world.fill(row, "1", "100", fill_id=f"F{number}")
        count = len(rows)

        again = [world.fill(row, "1", "100", fill_id=f"F{number}") for number, row in enumerate(rows)]

        assert again == [None] * count
        assert anna.ledger.quantity(PERP) == count
        kept = [anna.ledger.has(PERP, f"F{number}", row.order_id) for number, row in enumerate(rows)]
        assert kept == [False] * 3 + [True] * ENDED

    def test_what_a_restored_order_replays_is_ignored(self):
        world = World()
        row = world.work(world.open(), PERP, "buy", "2", type="limit", price="100")

        assert world.fill(row, "1", "100", "R-1") is None

    def test_an_overfill_is_refused_with_an_alarm(self):
        world = World()
        anna = world.open()
        row = world.work(anna, PERP, "buy", "1", type="limit", price="100")

        assert world.fill(row, "1.5", "100") is None
        assert anna.ledger.quantity(PERP) == 0
        assert [(alert.kind, alert.level) for alert in world.ears.of(AlertRow)] == [("repair", "critical")]

    def test_an_event_of_an_unknown_order_is_nothing(self):
        world = World()
        anna = world.open()

        assert world.accounts.on_event(anna.account_id, OrderEvent(kind="accepted", order_id="x", ts=T0)) is None

    def test_an_entry_that_fills_frees_its_exits(self):
        world = World()
        anna = world.open()
        entry = world.work(anna, PERP, "buy", "1", type="limit", price="100")
        exit_ = world.work(
            anna, PERP, "sell", "1", type="limit", price="110", reduce_only=True, parent_order_id=entry.order_id
        )

        applied = world.fill(entry, "1", "100")

        assert isinstance(applied, Applied)
        assert [row.order_id for row in applied.released] == [exit_.order_id]
        assert anna.orders.get(exit_.order_id).parent_order_id is None
        assert [row.parent_order_id for row in world.ears.of(OrderRow) if row.order_id == exit_.order_id][-1] is None

    def test_accounts_and_instruments_that_are_not_there(self):
        accounts = World().accounts

        with pytest.raises(NotFoundError):
            accounts.account("PAPER-999")
        with pytest.raises(NotFoundError):
            accounts.of_user("nobody")
        with pytest.raises(UnknownInstrumentError):
            accounts.terms("NO.SIM")


class TestMoney:
    def test_a_spot_purchase_changes_currencies_into_each_other(self):
        world = World()
        anna = world.open()

        world.trade(anna, SPOT, "buy", "0.5", "60000", fee=Decimal(15))

        balances = {row.currency: row.total for row in world.accounts.balances(anna.account_id)}
        assert balances == {"USDT": Decimal(69985), "BTC": Decimal("0.5")}

    def test_a_perpetual_settles_what_it_realizes(self):
        world = World()
        anna = world.open()
        world.trade(anna, PERP, "sell", "1", "100", fee=Decimal("0.05"))
        world.trade(anna, PERP, "buy", "1", "90", fee=Decimal("-0.01"))

        assert anna.cash["USDT"] == Decimal("100009.96")

    def test_orders_lock_what_they_may_need(self):
        world = World()
        anna = world.open()
        world.work(anna, SPOT, "buy", "1", type="limit", price="1000")
        world.work(anna, PERP, "buy", "1", type="limit", price="1000")

        # spot: all of it and the fee; perpetual: 1 % and the fee
        assert anna.locked("USDT") == Decimal("1000.5") + Decimal("10.5")

    def test_leverage_sets_the_least_margin(self):
        world = World()
        anna = world.open()
        world.trade(anna, PERP, "buy", "1", "1000")

        world.accounts.set_limits(anna.account_id, replace(NO_LIMITS, max_leverage=Decimal(5)))

        assert anna.locked("USDT") == 200
        assert world.ears.of(BalanceRow)[-1].locked == 200

    def test_orders_that_close_lock_their_fee_alone(self):
        world = World()
        anna = world.open()
        world.trade(anna, PERP, "buy", "1", "1000")

        world.work(anna, PERP, "sell", "1", type="limit", price="1000")

        assert anna.locked("USDT") == Decimal(10) + Decimal("0.5")

    def test_a_canceled_order_gives_everything_back(self):
        world = World()
        anna = world.open()
        row = world.work(anna, SPOT, "buy", "1", type="limit", price="1000")

        world.accounts.on_event(anna.account_id, OrderEvent(kind="canceled", order_id=row.order_id, ts=T0))

        assert anna.locked("USDT") == 0
        assert world.ears.of(BalanceRow)[-1].free == 100_000

    def test_a_withdrawn_order_leaves_no_trace(self):
        world = World()
        anna = world.open()
        row = world.order(anna, SPOT, "buy", "1", type="limit", price="1000")
        world.accounts.reserve(row, row.price)

        world.accounts.withdraw(row)

        assert (anna.locked("USDT"), anna.orders.find(row.client_order_id)) == (0, None)

    def test_a_change_binds_its_money_until_the_venue_answers(self):
        world = World()
        anna = world.open()
        row = world.work(anna, SPOT, "buy", "1", type="limit", price="1000")
        world.accounts.pledge(replace(row, price=Decimal(2000)), Decimal(2000))
        pledged = anna.locked("USDT")

        event = OrderEvent(kind="modify_rejected", order_id=row.order_id, ts=T0, reason="too late")
        world.accounts.on_event(anna.account_id, event)

        assert (pledged, anna.locked("USDT")) == (Decimal(2001), Decimal("1000.5"))

    def test_a_change_refused_again_for_the_same_reason_gives_its_money_back_and_is_told(self):
        world = World()
        anna = world.open()
        row = world.work(anna, SPOT, "buy", "1", type="limit", price="1000")
        event = OrderEvent(kind="modify_rejected", order_id=row.order_id, ts=T0, reason="a post-only order would take")
        for _ in range(2):
            world.accounts.pledge(replace(row, price=Decimal(2000)), Decimal(2000))
            world.accounts.on_event(anna.account_id, event)

        assert anna.locked("USDT") == Decimal("1000.5")
        assert [one.revision for one in world.ears.of(OrderRow)] == [1, 2, 3]

    def test_equity_counts_coins_and_open_profit(self):
        world = World()
        anna = world.open()
        world.trade(anna, SPOT, "buy", "1", "1000")
        world.trade(anna, PERP, "sell", "1", "1000")
        world.mark(SPOT, "1100")
        world.mark(PERP, "1050")

        view = world.accounts.view(anna.account_id)

        assert (view.equity, view.unrealized_pnl, view.cash) == (100_050, 50, 99_000)

    def test_a_currency_that_nothing_trades_counts_nothing_and_hinders_nothing(self):
        world = World()
        anna = world.open(USDT="1000", EUR="500")
        world.mark(PERP, "100", T0)
        world.trade(anna, PERP, "buy", "1", "100")
        world.mark(PERP, "110", T0 + MINUTE_NS)

        view = world.accounts.view(anna.account_id)

        assert (view.equity, view.day_pnl) == (1010, 10)

    def test_money_from_outside_counts_once_and_is_no_profit(self):
        world = World()
        anna = world.open()
        world.mark(PERP, "100")
        gift = CashRow(
            user_id="anna",
            account_id=anna.account_id,
            cash_id="gift",
            kind="adjustment",
            currency="USDT",
            amount=Decimal(5),
            ts=T0,
        )

        world.accounts.deposit(gift)
        world.accounts.deposit(gift)

        assert anna.cash["USDT"] == 100_005
        assert world.accounts.view(anna.account_id).day_pnl == 0


class TestTime:
    def test_the_days_profit_begins_at_midnight(self):
        world = World()
        anna = world.open()
        world.mark(PERP, "100", T0)
        world.trade(anna, PERP, "buy", "10", "100")
        world.mark(PERP, "110", T0 + HOUR_NS)
        first = world.accounts.view(anna.account_id).day_pnl

        world.mark(PERP, "115", T0 + DAY_NS)

        assert (first, world.accounts.view(anna.account_id).day_pnl) == (100, 50)

    def test_long_pays_short_at_funding_time_once(self):
        world = World(funding_rate="0.0001")
        anna, bob = world.open("anna"), world.open("bob")
        world.mark(PERP, "1000", T0 + MINUTE_NS)
        world.trade(anna, PERP, "buy", "1", "1000", ts=T0 + MINUTE_NS)
        world.trade(bob, PERP, "sell", "2", "1000", ts=T0 + MINUTE_NS)

        world.mark(PERP, "1100", T0 + 8 * HOUR_NS)
        world.mark(PERP, "1100", T0 + 9 * HOUR_NS)

        assert (anna.cash["USDT"], bob.cash["USDT"]) == (Decimal("99999.9"), Decimal("100000.2"))
        assert [row.funding for row in world.ears.of(PositionRow)][-2:] == [Decimal("-0.1"), Decimal("0.2")]

    def test_funding_that_was_missed_is_paid_afterwards(self):
        world = World(funding_rate="0.0001")
        anna = world.open()
        world.mark(PERP, "1000", T0)
        world.trade(anna, PERP, "buy", "1", "1000", ts=T0 + MINUTE_NS)

        world.mark(PERP, "1000", T0 + DAY_NS + MINUTE_NS)

        assert [row.ts for row in world.journal.of(CashRow)[1:]] == [T0 + hours * HOUR_NS for hours in (8, 16, 24)]

    def test_funding_that_was_paid_leaves_nothing_but_its_sum(self):
        world = World(funding_rate="0.0001")
        anna = world.open()
        world.mark(PERP, "1000", T0)
        world.trade(anna, PERP, "buy", "1", "1000", ts=T0 + MINUTE_NS)
        world.mark(PERP, "1000", T0 + 8 * HOUR_NS)
        before = entries(anna, "actors.accounts")

        world.mark(PERP, "1000", T0 + 10 * DAY_NS)

        assert entries(anna, "actors.accounts") == before
        assert anna.cash["USDT"] == 100_000 - 30 * Decimal("0.1")
        assert not any(anna.deposit(row) for row in world.journal.of(CashRow))

    def test_an_account_that_was_closed_leaves_nothing(self):
        world = World()
        world.mark(PERP, "1000", T0)
        before = entries(world.accounts, "actors.accounts")
        for name in ("PAPER-001", "PAPER-002"):
            world.accounts.open("anna", name, "margin", {"USDT": "100000"}, T0)
            world.trade(world.accounts.account(name), PERP, "buy", "1", "1000", ts=T0 + MINUTE_NS)
            world.accounts.close(name)

        world.mark(PERP, "1000", T0 + 2 * MINUTE_NS)

        assert entries(world.accounts, "actors.accounts") == before

    def test_equity_is_sampled_each_minute_that_moved_and_each_hour(self):
        world = World()
        anna = world.open()
        world.open("bob")
        world.mark(PERP, "100", T0)
        world.trade(anna, PERP, "buy", "1", "100")
        world.journal.rows.clear()
        for minute, price in enumerate(["100", "101", "101", "102"], start=1):
            world.mark(PERP, price, T0 + minute * MINUTE_NS)
        minutes = [(row.user_id, (row.ts - T0) // MINUTE_NS, row.equity) for row in world.journal.of(EquityRow)]
        world.journal.rows.clear()

        world.mark(PERP, "102", T0 + HOUR_NS)

        assert [row for row in minutes if row[0] == "anna"] == [("anna", 3, 100_001)]
        assert [row.user_id for row in world.journal.of(EquityRow)] == ["anna", "bob"]


class TestLiquidation:
    def carried(self) -> tuple[World, Decimal]:
        world = World()
        anna = world.open(USDT="100")
        world.mark(PERP, "1000")
        world.trade(anna, PERP, "buy", "1", "1000")
        return world, world.accounts.positions(anna.account_id)[0].liquidation_price

    def test_the_price_is_where_equity_meets_maintenance(self):
        _, price = self.carried()

        # 100 + (p - 1000) = 0.004 p
        assert price == Decimal("903.7")

    def test_two_who_can_never_be_short_close_one_after_the_other(self):
        world = World()
        both = [world.open("anna"), world.open("bob")]
        world.mark(PERP, "1000")
        for account in both:
            world.trade(account, PERP, "buy", "0.001", "1000")

        closed = [world.trade(account, PERP, "sell", "0.001", "1000") for account in both]

        assert None not in closed
        assert not any(world.accounts.positions(account.account_id) for account in both)

    def test_below_it_the_position_is_closed_once_with_an_alert(self):
        world, price = self.carried()
        world.mark(PERP, "903.7")
        before = list(world.liquidated)

        for below in (price - 1, price - 2):
            world.mark(PERP, str(below))

        assert before == []
        assert world.liquidated == [("PAPER-001", PERP)]
        assert [row.kind for row in world.ears.of(AlertRow)] == ["liquidation"]

    def test_a_short_is_liquidated_above(self):
        world = World()
        anna = world.open(USDT="100")
        world.mark(PERP, "1000")
        world.trade(anna, PERP, "sell", "1", "1000")
        price = world.accounts.positions(anna.account_id)[0].liquidation_price
        world.mark(PERP, str(price))
        before = list(world.liquidated)

        world.mark(PERP, str(price + Decimal("0.1")))

        assert (price, before) == (Decimal("1095.6"), [])
        assert world.liquidated == [("PAPER-001", PERP)]

    def test_positions_of_one_currency_carry_each_other(self):
        world = World()
        anna = world.open(USDT="100")
        for name, side in ((PERP, "buy"), (COIN, "sell")):
            world.mark(name, "1000")
            world.trade(anna, name, side, "1", "1000")
        for price in ("950", "900"):
            world.mark(COIN, price)
            world.mark(PERP, price)
        before = list(world.liquidated)

        world.mark(COIN, "1000")

        assert before == []
        assert sorted(world.liquidated) == [("PAPER-001", PERP), ("PAPER-001", COIN)]

    def test_who_recovers_may_fall_again(self):
        world, price = self.carried()
        anna = world.accounts.of_user("anna")
        world.mark(PERP, str(price - 1))
        gift = {"user_id": "anna", "kind": "adjustment", "currency": "USDT", "ts": T0}
        world.accounts.deposit(CashRow(account_id=anna.account_id, cash_id="gift", amount=Decimal(50), **gift))

        world.mark(PERP, str(price - 60))

        assert len(world.liquidated) == 2

    def test_who_is_still_short_is_closed_again_at_the_next_minute_without_another_alert(self):
        world, price = self.carried()
        world.mark(PERP, str(price - 1))

        world.mark(PERP, str(price - 1), T0 + MINUTE_NS)

        assert len(world.liquidated) == 2
        assert len(world.ears.of(AlertRow)) == 1

    def test_a_flat_account_is_watched_no_more(self):
        world, _ = self.carried()
        world.trade(world.accounts.of_user("anna"), PERP, "sell", "1", "950")

        world.mark(PERP, "1")

        assert world.liquidated == []


class TestRestore:
    def lived(self) -> World:
        world = World(funding_rate="0.0001")
        anna = world.open()
        world.mark(PERP, "1000", T0)
        world.mark(SPOT, "1000", T0)
        world.trade(anna, SPOT, "buy", "0.12345678", "1000.1", fee=Decimal("0.1"))
        world.trade(anna, PERP, "sell", "3", "1001", strategy="bot", ts=T0 + 1)
        world.mark(PERP, "990", T0 + 8 * HOUR_NS)
        row = world.work(anna, PERP, "buy", "2", type="limit", price="980")
        world.fill(row, "0.5", "980")
        return world

    def restored(self, world: World) -> World:
        other = World(funding_rate="0.0001")
        other.accounts.restore(recorded(world, world.accounts.of_user("anna")))
        other.mark(PERP, "990", T0 + 8 * HOUR_NS + 1)
        other.mark(SPOT, "1000", T0 + 8 * HOUR_NS + 1)
        return other

    def test_only_fills_of_orders_in_memory_are_kept_in_mind(self):
        world = World()
        anna = world.open()
        part = world.work(anna, PERP, "buy", "3", type="limit", price="100")
        world.fill(part, "1", "100", fill_id="part")
        done = world.work(anna, PERP, "buy", "1", type="limit", price="100")
        world.fill(done, "1", "100", fill_id="done")

        other = self.restored(world)
        back = other.accounts.of_user("anna")

        assert other.fill(part, "1", "100", fill_id="part") is other.fill(done, "1", "100", fill_id="done") is None
        assert back.ledger.quantity(PERP) == 2
        assert back.ledger.has(PERP, "part", part.order_id)
        assert not back.ledger.has(PERP, "done", done.order_id)

    def test_many_ended_orders_push_out_none_that_a_working_one_depends_on(self):
        world = World()
        anna = world.open()
        entry = world.work(anna, PERP, "buy", "4", type="limit", price="100")
        exit_ = world.work(anna, PERP, "sell", "0.0001", type="limit", price="110", parent_order_id=entry.order_id)
        world.fill(entry, "1", "100")
        others = [entry, *(world.work(anna, PERP, "buy", "1", type="limit", price="90") for _ in range(ENDED + 1))]
        for row in others:
            world.accounts.on_event(row.account_id, OrderEvent(kind="canceled", order_id=row.order_id, ts=T0))

        newest = {row.order_id: row for row in world.journal.of(OrderRow)}
        part = replace(recorded(world, anna), ended=[newest[row.order_id] for row in others])
        again = world.accounts.rebuild(anna.account_id, "anna", "margin", part)

        assert [row.order_id for row in again.orders.working()] == [exit_.order_id]
        assert again.orders.get(entry.order_id).filled_quantity == 1

    def test_everything_is_as_it_was(self):
        world = self.lived()

        other = self.restored(world)

        account_id = "PAPER-001"
        assert other.accounts.snapshot(account_id) == world.accounts.snapshot(account_id)
        ours, theirs = world.accounts.view(account_id), other.accounts.view(account_id)
        assert replace(theirs, ts=0) == replace(ours, ts=0)
        assert other.accounts.of_user("anna").locked("USDT") == world.accounts.of_user("anna").locked("USDT")

    def test_funding_is_not_paid_again(self):
        other = self.restored(self.lived())

        assert other.journal.of(CashRow) == []

    def test_fills_from_before_are_still_known(self):
        world = self.lived()
        other = self.restored(world)
        old = world.journal.of(FillRow)[-1]
        row = other.accounts.of_user("anna").orders.get(old.order_id)

        assert other.fill(row, "0.5", "980", old.fill_id) is None

    def test_an_instrument_that_is_gone_is_named(self):
        world = self.lived()
        other = World({SPOT: INSTRUMENTS[SPOT]})

        with pytest.raises(ConfigError, match=PERP):
            other.accounts.restore(recorded(world, world.accounts.of_user("anna")))

    def test_one_account_can_be_made_anew_from_the_journal(self):
        world = self.lived()
        anna = world.accounts.of_user("anna")
        world.accounts.set_limits(anna.account_id, replace(NO_LIMITS, max_leverage=Decimal(3)))
        right = world.accounts.snapshot(anna.account_id)
        locked = anna.locked("USDT")
        anna.cash["USDT"] = Decimal(1)

        again = world.accounts.rebuild(anna.account_id, "anna", "margin", recorded(world, anna))

        assert world.accounts.snapshot(anna.account_id) == right
        assert again.locked("USDT") == locked

    def test_a_user_hears_what_a_repair_has_changed(self):
        world = self.lived()
        anna = world.accounts.of_user("anna")
        truth = recorded(world, anna)
        row = anna.orders.get(truth.working[-1].order_id)
        world.fill(row, "0.1", "980")
        world.ears.told.clear()

        world.accounts.rebuild(anna.account_id, "anna", "margin", truth)

        assert [(one.instrument_id, one.quantity) for one in world.ears.of(PositionRow)] == [(PERP, Decimal("-2.5"))]
        assert [one.currency for one in world.ears.of(BalanceRow)] == ["USDT"]
