"""A bad line does what the configuration says, and the same again for the same seed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.market import INTERVALS, MINUTE_NS, SECOND_NS, BarRow, BookRow, QuoteRow, TradeRow
from adapters.bars import ClosedRow
from adapters.faults import FAULTS, MAX_WAITING, FaultLine, line_of
from adapters.line import TrueLine, kind_of
from config.faults import FaultSpan, FaultsSection, HistoryFaults, MessageFault, OutageFault
from tests.unit.traded_market import NAME, START

ALWAYS = MessageFault(probability=1.0)


def trade(second, number=0):
    return TradeRow(NAME, START + int(second * SECOND_NS), 1_000, 10, "buy", f"t{number}")


def quote(second, bid=999):
    return QuoteRow(NAME, START + int(second * SECOND_NS), bid, bid + 2, 5, 5)


def step(second, sequence, *bids, whole=False):
    return BookRow(NAME, START + int(second * SECOND_NS), sequence, bids, ((1_001, 7),) if whole else (), whole)


def bar(minute):
    row = BarRow(START + minute * MINUTE_NS, 100, 110, 90, 105, 3)
    return ClosedRow(NAME, INTERVALS["1m"], row, row.ts_open + MINUTE_NS)


def bad(**faults):
    return FaultLine(FaultsSection(**faults), START)


def sent(line, items):
    return [one for item in items for one in line.carry(item)]


def test_without_faults_the_line_is_a_true_one():
    assert type(line_of(FaultsSection(seed=9), START)) is TrueLine
    assert sent(TrueLine(), [trade(1), bar(0)]) == [trade(1), bar(0)]
    assert type(line_of(FaultsSection(drop=ALWAYS), START)) is FaultLine


def test_the_same_seed_gives_the_same_faults_whatever_else_is_sent():
    section = {"drop": MessageFault(probability=0.5), "duplicate": MessageFault(probability=0.3)}
    trades = [trade(second, second) for second in range(200)]
    quotes = [quote(second) for second in range(200)]
    mixed = [one for pair in zip(trades, quotes, strict=True) for one in pair]

    alone = sent(bad(seed=7, **section), trades)

    assert [one for one in sent(bad(seed=7, **section), mixed) if type(one) is TradeRow] == alone
    assert sent(bad(seed=8, **section), trades) != alone
    assert 50 < len({one.trade_id for one in alone}) < 150


@pytest.mark.parametrize("kind", ["bars", "trades", "quotes", "book"])
def test_only_the_kinds_named_are_hit_and_each_is_counted(kind):
    items = [trade(1), quote(1), step(1, 1), bar(0)]
    before = FAULTS.labels("drop", kind)._value.get()

    arrived = sent(bad(drop=MessageFault(probability=1.0, kinds=(kind,))), items)

    assert [kind_of(one) for one in arrived] == [name for name in ("trades", "quotes", "book", "bars") if name != kind]
    assert FAULTS.labels("drop", kind)._value.get() == before + 1


def test_a_schedule_hits_every_message_of_its_span():
    line = bad(drop=MessageFault(schedule=(FaultSpan(at_s=10, for_s=5),)))

    assert sent(line, [trade(second) for second in range(20)]) == [trade(s) for s in (*range(10), *range(15, 20))]


def test_a_doubled_message_follows_itself():
    assert sent(bad(duplicate=ALWAYS), [trade(1), bar(0)]) == [trade(1), trade(1), bar(0), bar(0)]


def test_a_message_is_overtaken_by_a_few_others_and_never_lost():
    trades = [trade(second / 10, second) for second in range(300)]
    line = bad(reorder=MessageFault(probability=0.2))

    arrived = sent(line, trades)
    arrived += line.due(START + 60 * SECOND_NS)

    assert sorted(arrived, key=lambda one: one.ts) == trades
    assert arrived != trades
    places = {one.trade_id: at for at, one in enumerate(arrived)}
    assert max(places[one.trade_id] - at for at, one in enumerate(trades)) <= 6


def test_a_message_with_nobody_to_overtake_it_comes_after_a_while():
    line = bad(reorder=ALWAYS)

    assert sent(line, [trade(1)]) == []
    assert list(line.due(START + 2 * SECOND_NS)) == []
    assert list(line.due(START + 4 * SECOND_NS)) == [trade(1)]


@given(st.integers(0, 10_000), st.sampled_from([trade(1), quote(1), step(1, 1, (99, 2)), bar(0)]))
def test_a_corrupt_message_cannot_be_true(seed, item):
    (found,) = bad(seed=seed, corrupt=ALWAYS).carry(item)

    assert type(found) is type(item)
    is_stamp = found.ts != item.ts
    if isinstance(found, TradeRow):
        assert is_stamp or found.price < 0 or found.size == 0
    elif isinstance(found, QuoteRow):
        assert is_stamp or found.bid < 0 or found.bid > found.ask or found.bid_size == 0
    elif isinstance(found, BookRow):
        levels = [*found.bids, *found.asks]
        assert is_stamp or found.sequence > 10**5 or any(price <= 0 or size < 0 for price, size in levels)
    else:
        row = found.row
        assert is_stamp or row.low < 0 or row.high < row.low or row.close > row.high


def test_a_stall_delivers_late_and_in_order():
    line = bad(stall=OutageFault(schedule=(FaultSpan(at_s=5, for_s=10),)))
    trades = [trade(second, second) for second in range(20)]

    before, during, after = (sent(line, trades[a:b]) for a, b in ((0, 5), (5, 15), (15, 16)))

    assert (before, during, after) == (trades[:5], [], trades[5:16])


def test_a_stall_ends_though_nothing_more_is_sent():
    line = bad(stall=OutageFault(schedule=(FaultSpan(at_s=0, for_s=10),)))
    assert sent(line, [trade(1)]) == []

    assert list(line.due(START + 10 * SECOND_NS)) == [trade(1)]


def test_a_stall_keeps_no_more_than_it_can_hold(monkeypatch):
    assert MAX_WAITING >= 100_000
    monkeypatch.setattr("adapters.faults.MAX_WAITING", 3)
    line = bad(stall=OutageFault(schedule=(FaultSpan(at_s=0, for_s=10),)))
    sent(line, [trade(second, second) for second in range(5)])

    assert list(line.due(START + 10 * SECOND_NS)) == [trade(second, second) for second in range(3)]


def test_a_disconnect_loses_what_is_sent_and_ends_with_fresh_quotes_and_books():
    line = bad(disconnect=OutageFault(schedule=(FaultSpan(at_s=10, for_s=10),)))
    sent(line, [quote(1, 900), step(2, 1, (999, 5), (998, 4), whole=True), step(3, 2, (999, 0), (997, 6))])

    lost = sent(line, [trade(11), quote(12, 901), step(13, 3, (998, 9)), bar(0)._replace(ts=START + 14 * SECOND_NS)])
    back = list(line.due(START + 21 * SECOND_NS))

    assert lost == []
    fresh = BookRow(NAME, START + 21 * SECOND_NS, 3, ((998, 9), (997, 6)), ((1_001, 7),), is_snapshot=True)
    assert back == [quote(12, 901), fresh]
    assert sent(line, [step(22, 4, (996, 1))]) == [step(22, 4, (996, 1))]


@pytest.mark.slow
def test_random_outages_come_as_often_and_last_as_long_as_wished():
    line = bad(disconnect=OutageFault(per_hour=6.0, duration_s=60.0))
    seconds = range(0, 200 * 3_600, 5)
    heard = [bool(line.carry(trade(second))) for second in seconds]
    begun = sum(before and not now for before, now in pairwise(heard))

    assert 0.85 < begun / (200 * 60 / (10 + 1)) < 1.15
    assert 0.8 < heard.count(False) / (len(heard) / 11) < 1.2


def test_after_a_jump_nothing_is_on_its_way():
    line = bad(stall=OutageFault(schedule=(FaultSpan(at_s=0, for_s=100),)), reorder=MessageFault(probability=0.5))
    sent(line, [trade(second, second) for second in range(10)])

    line.restart(START - 3_600 * SECOND_NS)

    assert list(line.due(START - 3_500 * SECOND_NS)) == []
    assert sent(line, [trade(-3_400), trade(-3_300), trade(-3_200)])[:1] != []


def test_a_forgotten_bar_is_never_told_and_a_question_may_fail_or_be_late():
    line = bad(history=HistoryFaults(forget=0.3, fail=0.2, late=0.5, late_s=2.0))
    rows = [BarRow(START + minute * MINUTE_NS, 1, 1, 1, 1, 1) for minute in range(1_000)]

    kept = line.remembered(NAME, "1m", rows)
    answers = [line.delay_s(NAME, "1m") for _ in range(1_000)]

    assert kept == line.remembered(NAME, "1m", rows)
    assert 600 < len(kept) < 800
    assert 150 < answers.count(None) < 250
    assert 420 < answers.count(2.0) < 580
    assert answers.count(0.0) == 1_000 - answers.count(None) - answers.count(2.0)
