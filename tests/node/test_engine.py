"""Engine object -> JSON -> engine object is the same object, at every precision."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from nautilus_trader.model import AggressorSide, Bar, BarType, BookType, OrderBook, Price, Quantity

from actors.engine import Scale, from_engine, to_engine
from actors.market import BookRow, Instrument, QuoteRow, TradeRow, bar_type_of, interval_of
from actors.messages import Signal, SignalSource
from actors.wire import Bar as WireBar
from actors.wire import SignalBody, encode_bar, signal_body
from tests.unit.traded_market import instrument
from tests.unit.walks import INSTRUMENT

PLACES = st.integers(0, 9)
UNITS = st.integers(1, 10**12)
SHARES = st.decimals(0, 1, places=4).map(str)


@st.composite
def instruments(draw):
    price_places, size_places = draw(PLACES), draw(PLACES)
    kind = draw(st.sampled_from(["spot", "perpetual"]))

    def amount(places):
        return st.none() | st.integers(1, 10**6).map(lambda units: f"{units / 1:.{places}f}")

    plain = instrument(price_precision=price_places, size_precision=size_places)
    return replace(
        plain,
        kind=kind,
        min_quantity=draw(amount(size_places)),
        max_quantity=draw(amount(size_places)),
        min_notional=draw(amount(8)),
        max_notional=draw(amount(8)),
        min_price=draw(amount(price_places)),
        max_price=draw(amount(price_places)),
        lot_size=plain.size_increment,
        maker_fee=draw(SHARES),
        taker_fee=draw(SHARES),
        margin_init=draw(SHARES),
        margin_maint=draw(SHARES),
        ts_event=draw(st.integers(0, 2**60)),
    )


@given(instruments())
def test_an_instrument_survives_the_wire(plain):
    engine = to_engine(plain)

    body = msgspec.json.decode(msgspec.json.encode(from_engine(engine)), type=Instrument)

    assert to_engine(body).to_dict() == engine.to_dict()
    assert from_engine(to_engine(body)) == body


@given(instruments(), st.lists(UNITS, min_size=4, max_size=4), st.integers(0, 10**13), st.integers(0, 10**6))
def test_a_bar_survives_the_wire(plain, prices, volume, minute):
    scale, interval = Scale(plain), interval_of("1m")
    low, *middle, high = sorted(prices)
    ts_open = minute * interval.duration_ns
    bar_type = BarType.from_str(bar_type_of(plain.instrument_id, "1m"))
    engine = Bar(
        bar_type,
        *(scale.price(units) for units in (middle[0], high, low, middle[1])),
        scale.quantity(volume),
        interval.close(ts_open),
        interval.close(ts_open),
    )

    body = encode_bar(scale.row(engine, ts_open), plain.price_precision, plain.size_precision, closed=True)
    wire = msgspec.json.decode(body, type=WireBar)

    close = interval.close(wire.t * 1_000_000)
    again = Bar(
        bar_type,
        *(Price.from_str(text) for text in (wire.o, wire.h, wire.l, wire.c)),
        Quantity.from_str(wire.v),
        close,
        close,
    )
    assert again == engine
    assert again.to_dict() == engine.to_dict()


@given(instruments(), UNITS, UNITS, UNITS, st.integers(0, 2**60), st.sampled_from(["buy", "sell", "none"]))
def test_ticks_have_the_exact_numbers_of_their_rows(plain, price, more, size, ts, side):
    scale = Scale(plain)
    trade = scale.trade_tick(TradeRow(plain.instrument_id, ts, price, size, side, "42"))
    quote = scale.quote_tick(QuoteRow(plain.instrument_id, ts, price, price + more, size, size + more))

    assert scale.trade_units(trade) == (price, size)
    assert (trade.ts_event, str(trade.trade_id)) == (ts, "42")
    assert (trade.aggressor_side is not AggressorSide.NO_AGGRESSOR) == (side != "none")
    assert quote.ask_price - quote.bid_price == scale.price(more)
    assert quote.ask_size - quote.bid_size == scale.quantity(more)


@given(instruments(), UNITS, UNITS, UNITS, st.integers(0, 2**60), st.sampled_from(["buy", "sell", "none"]))
def test_ticks_survive_the_engine(plain, price, more, size, ts, side):
    scale, name = Scale(plain), plain.instrument_id
    trade = TradeRow(name, ts, price, size, side, "42")
    quote = QuoteRow(name, ts, price, price + more, size, size + more)

    assert scale.trade_row(scale.trade_tick(trade)) == trade
    assert scale.quote_row(scale.quote_tick(quote)) == quote


def levels(least, most, *, smallest=0):
    sizes = st.integers(smallest, 10**12)
    return st.dictionaries(UNITS, sizes, min_size=least, max_size=most).map(lambda found: tuple(found.items()))


@st.composite
def steps(draw, *, is_snapshot=False):
    """Return a step: all levels of both sides, or some changes of at least one."""
    smallest = 1 if is_snapshot else 0
    bids, asks = draw(levels(0, 60, smallest=smallest)), draw(levels(1, 60, smallest=smallest))
    ts, sequence = draw(st.integers(0, 2**60)), draw(st.integers(0, 2**53))
    return BookRow("BTC-USDT.SIM", ts, sequence, bids, asks, is_snapshot)


@given(instruments(), steps() | steps(is_snapshot=True))
def test_a_step_of_a_book_survives_the_engine(plain, row):
    scale = Scale(plain)
    deltas = scale.book_deltas(row)

    assert scale.book_row(deltas) == row
    assert (deltas.sequence, deltas.ts_event, deltas.ts_init) == (row.sequence, row.ts, row.ts)
    assert {delta.sequence for delta in deltas.deltas} == {row.sequence}
    flags = [delta.flags for delta in deltas.deltas]
    assert [bool(flag & 128) for flag in flags] == [False] * (len(flags) - 1) + [True]
    assert deltas.is_snapshot == row.is_snapshot


@given(steps(is_snapshot=True), st.lists(steps(), max_size=20), st.integers(0, 9), st.integers(0, 9))
def test_the_engines_book_has_the_levels_of_the_steps(whole, changes, price_places, size_places):
    scale = Scale(instrument(price_precision=price_places, size_precision=size_places))
    book, bids, asks = OrderBook(scale.instrument_id, BookType.L2_MBP), {}, {}

    for sequence, row in enumerate([whole, *changes]):
        book.apply_deltas(scale.book_deltas(replace(row, sequence=sequence)))
        for side, found in ((bids, row.bids), (asks, row.asks)):
            side.update(found)

    for side, found in ((bids, book.bids()), (asks, book.asks())):
        in_engine = {scale.price(price): scale.quantity(size) for price, size in side.items() if size}
        assert {level.price: level.get_orders()[0].size for level in found} == in_engine
    assert book.sequence == len(changes)


@given(instruments())
def test_a_snapshot_makes_the_engine_forget(plain):
    scale = Scale(plain)
    book = OrderBook(scale.instrument_id, BookType.L2_MBP)

    book.apply_deltas(scale.book_deltas(BookRow(scale.name, 1, 1, ((10, 5), (9, 5)), ((11, 5),), is_snapshot=True)))
    book.apply_deltas(scale.book_deltas(BookRow(scale.name, 2, 9, ((8, 1),), ((12, 2),), is_snapshot=True)))

    assert [level.price for level in book.bids()] == [scale.price(8)]
    assert [level.price for level in book.asks()] == [scale.price(12)]


UNIT = st.floats(-1, 1)
SHARE = st.floats(0, 1)


@given(UNIT, SHARE, SHARE, st.sampled_from(["long", "short", "neutral"]), st.integers(0, 2**40))
def test_a_signal_survives_the_wire_to_the_last_bit(score, probability, confidence, side, minute):
    ts = minute * 1_000_000
    made = Signal(
        instrument_id="BTC-USDT.SIM",
        bar_type=bar_type_of("BTC-USDT.SIM", "1m"),
        interval="1m",
        signal=side,
        score=score,
        probability=probability,
        confidence=confidence,
        sources=(SignalSource("technical", 0.2, "voted", score, confidence),),
        reasons=("price 0.12 % above EMA 55",),
        features=b"",
        feature_schema="bars-v2",
        price="64000.10",
        backfilled=False,
        stale=False,
        degraded=False,
        ts_bar=ts,
        ts_event=ts,
        ts_init=ts,
        trace_id="0123456789abcdef",
    )
    body = signal_body(made)

    assert msgspec.json.decode(msgspec.json.encode(body), type=SignalBody) == body
    assert (body.score, body.confidence, body.ts_bar * 1_000_000) == (score, confidence, ts)


@pytest.mark.parametrize("kind", ["spot", "perpetual"])
@pytest.mark.parametrize("code", ["T", "9", "NEVERHEARD"])
def test_the_engine_takes_currencies_that_it_has_never_heard_of(kind, code):
    codes = {"base_currency": f"{code[:-1]}B", "quote_currency": code, "settlement_currency": code}
    made = to_engine(replace(INSTRUMENT, kind=kind, max_notional="2500.5", **codes))

    assert (str(made.base_currency), str(made.quote_currency)) == (codes["base_currency"], code)
    assert str(made.max_notional) == f"2500.50000000 {code}"
    assert from_engine(made).max_notional == "2500.50000000"
