"""The checked ticks of the process reach the paper venue, and books are held while orders need them."""

from decimal import Decimal

from msgspec.structs import replace

from adapters.paper.intake import READER, Intake
from adapters.paper.venue import PaperVenue
from tests.bridge.fakes import BTC, ETH, FakeBars
from tests.paper_orders import ACCOUNT, order
from tests.tick_books import change, snapshot
from tests.tick_world import EVERY, TickWorld, quote, trade

BOOK = {"bids": ((2_999_900, 50_000), (2_999_800, 90_000)), "asks": ((3_000_100, 40_000), (3_000_200, 90_000))}


class IntakeWorld(TickWorld):
    def __init__(self, kinds=lambda _: EVERY, **options):
        super().__init__(kinds=kinds, **options)
        instruments = FakeBars().instruments()
        self.venue = PaperVenue(instruments, self.ticks.kinds)
        self.told = []
        self.venue.attach(ACCOUNT, self.told.append)
        self.intake = Intake(self.venue, self.ticks, instruments)
        self.venue.open()
        self.attach()
        self.source.of("start")

    def submit(self, order_id="m", kind="market", **values):
        quantity = Decimal("0.5") if kind == "market" else Decimal(1)
        self.venue.submit(replace(order(order_id, "buy", kind, quantity, **values), instrument_id=BTC))

    def kinds_told(self):
        return [event.kind for event in self.told]


def test_the_first_order_has_the_book_held_and_the_last_lets_it_go():
    world = IntakeWorld()
    world.submit("l", "limit", price=1)
    world.submit("k", "limit", price=1)
    assert world.source.of("start") == [(BTC, "book")]
    world.ticks.step(snapshot(**BOOK))
    world.venue.cancel_all(ACCOUNT)
    world.later.advance(1_000)

    assert world.source.of("stop") == [(BTC, "book")]


def test_an_order_gets_the_book_that_somebody_else_has_held():
    world = IntakeWorld()
    world.ticks.hold(BTC, "book", "page")
    world.ticks.step(snapshot(**BOOK))
    world.ticks.step(change(11, asks=[(3_000_100, 10_000)]))
    world.submit()

    assert [str(event.fill_price) for event in world.told if event.kind == "filled"] == ["30001.00", "30002.00"]
    assert READER not in str(world.source.calls)


def test_an_order_waits_for_its_book_and_acts_when_it_comes():
    world = IntakeWorld()
    world.submit()
    assert world.kinds_told() == ["accepted"]
    world.ticks.step(snapshot(**BOOK))

    assert world.kinds_told() == ["accepted", "filled", "filled"]


def test_a_broken_book_is_not_traded_on_until_it_is_whole_again():
    world = IntakeWorld()
    world.submit("l", "limit", price=1)
    world.ticks.step(snapshot(**BOOK))
    world.ticks.step(change(15, asks=[(3_000_100, 0)]))
    world.submit()
    assert world.kinds_told() == ["accepted", "accepted"]
    world.ticks.step(snapshot(20, bids=BOOK["bids"], asks=((3_000_300, 90_000),)))

    assert str(world.told[-1].fill_price) == "30003.00"


def test_without_a_book_quotes_are_held():
    world = IntakeWorld(kinds=lambda _: frozenset({"trades", "quotes"}))
    world.submit("l", "limit", price=1)
    assert world.source.of("start") == [(BTC, "quotes")]
    world.quote(1, bid=2_999_000, ask=2_999_500)
    world.submit()

    assert str(world.told[-1].fill_price) == "29995.00"


def test_what_did_not_pass_the_checks_is_never_heard():
    world = IntakeWorld(latest=lambda: trade(100).ts)
    for row in (trade(2), trade(1), trade(2), trade(101), replace(trade(3), price=0), replace(trade(5), price=7)):
        world.ticks.trade(row)

    assert (world.venue.last(BTC), world.venue.now()) == (Decimal("0.07"), trade(5).ts)


def test_trades_are_heard_while_the_past_is_asked_for_each_once():
    world = IntakeWorld()
    world.ticks.attach(world.source)
    heard = []
    world.ticks.listen(type("Ear", (), {"on_trade": lambda _, row: heard.append(row.trade_id)})())
    for number in (1, 2, 2, 1, 3):
        world.trade(number)
    world.ticks.past_trades([trade(1), trade(2), trade(3)])
    world.trade(4)

    assert heard == ["t1", "t2", "t3", "t4"]


def test_other_instruments_and_quotes_that_nobody_needs_do_not_matter():
    world = IntakeWorld()
    world.ticks.hold(ETH, "book", "page")
    world.ticks.hold(BTC, "quotes", "page")
    world.ticks.step(snapshot(**BOOK, name=ETH))
    world.ticks.quote_tick(quote(1))

    assert world.venue.touch(ETH, "buy") is None
    assert world.venue.touch(BTC, "buy") is None


def test_a_node_that_goes_takes_the_book_along():
    world = IntakeWorld()
    world.submit("l", "limit", price=1)
    world.ticks.step(snapshot(**BOOK))
    world.ticks.detach()

    assert world.venue.touch(BTC, "buy") is None
