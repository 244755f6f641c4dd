"""The order book against a model that is too simple to be wrong, and every way in which a step can be false."""

import json
from zlib import crc32

import pytest
from hypothesis import given

from actors.ticks.book import OrderBook
from actors.ticks.text import BookText
from tests.tick_books import NaiveBook, WireBook, change, snapshot, walks


def book_of(*rows):
    book = OrderBook()
    assert [book.apply(row) for row in rows] == [None] * len(rows)
    return book


def levels(ladder):
    return [(ladder.price(at), ladder.sizes[ladder.price(at)]) for at in range(len(ladder))]


@given(walks())
def test_any_steps_make_the_book_that_plain_dictionaries_make(rows):
    book, model = OrderBook(), NaiveBook()
    for row in rows:
        assert book.apply(row) is None
        model.take(row)
        bids, asks = model.sides()
        assert levels(book.bids) == bids
        assert levels(book.asks) == asks
        assert (book.bids.best, book.asks.best) == (bids[0][0] if bids else None, asks[0][0] if asks else None)


@given(walks())
def test_a_client_that_applies_the_wire_steps_has_the_book_and_its_checksum(rows):
    book, text = OrderBook(), BookText(2, 5)
    book.apply(rows[0])
    client = WireBook(json.loads(text.whole(book)))
    for row in rows[1:]:
        book.apply(row)
        client.take(json.loads(text.step(book, row)))

    shown = json.loads(text.top(book, 7))
    assert [shown["bids"], shown["asks"]] == client.top(7)
    assert shown["sequence"] == client.sequence == rows[-1].sequence


def test_a_step_is_at_once_in_the_text_although_texts_are_kept():
    book, text = book_of(snapshot()), BookText(0, 0)
    before = json.loads(text.top(book, 5))["bids"]
    book.apply(change(11, bids=[(100, 6), (99, 0), (98, 1)]))

    assert before == [["100", "5"], ["99", "7"]]
    assert json.loads(text.top(book, 5))["bids"] == [["100", "6"], ["98", "1"]]


def test_the_checksum_is_that_of_the_text_in_the_protocol():
    book = book_of(snapshot(bids=[(6402950, 30000), (6402900, 120000)], asks=[(6403000, 50000), (6403100, 80000)]))

    expected = crc32(b"64029.50:0.30000,64029.00:1.20000|64030.00:0.50000,64031.00:0.80000")
    assert BookText(2, 5).checksum(book) == expected


def test_the_checksum_looks_at_twenty_levels_a_side():
    bids, asks = [(100 - n, 1) for n in range(20)], [(101 + n, 1) for n in range(20)]
    shallow, deep = book_of(snapshot(10, bids, asks)), book_of(snapshot(10, [*bids, (5, 1)], [*asks, (500, 1)]))
    other = book_of(snapshot(10, [*bids[:19], (80, 1)], asks))

    assert BookText(0, 0).checksum(shallow) == BookText(0, 0).checksum(deep)
    assert BookText(0, 0).checksum(shallow) != BookText(0, 0).checksum(other)


@pytest.mark.parametrize("sequence", [9, 10, 12, 13])
def test_a_jump_of_the_sequence_is_found(sequence):
    assert book_of(snapshot(10)).apply(change(sequence, bids=[(98, 1)])) == "sequence"


def test_a_step_before_the_first_snapshot_is_out_of_sequence():
    assert OrderBook().apply(change(1, bids=[(98, 1)])) == "sequence"


@pytest.mark.parametrize("levels", [{"bids": [(100, -1)]}, {"asks": [(0, 1)]}, {"bids": [(-5, 1)]}])
def test_an_impossible_number_is_found_and_changes_nothing(levels):
    book = book_of(snapshot())

    assert book.apply(change(11, **levels)) == "impossible"
    assert (book.sequence, book.bids.sizes, book.asks.sizes) == (10, {100: 5, 99: 7}, {101: 4, 103: 2})


@pytest.mark.parametrize("levels", [{"bids": [(100, 0)]}, {"bids": [(100, 1), (100, 2)]}])
def test_a_snapshot_has_only_levels_that_are_there_each_once(levels):
    assert OrderBook().apply(snapshot(**levels)) == "impossible"


@pytest.mark.parametrize("levels", [{"bids": [(101, 1)]}, {"bids": [(102, 1)]}, {"asks": [(100, 1)]}])
def test_a_bid_that_reaches_an_ask_is_found(levels):
    assert book_of(snapshot()).apply(change(11, **levels)) == "crossed"


def test_a_bid_may_take_the_place_of_an_ask_that_goes_in_the_same_step():
    assert book_of(snapshot()).apply(change(11, bids=[(101, 1)], asks=[(101, 0)])) is None


def test_a_snapshot_may_carry_any_sequence():
    book = book_of(snapshot(10), snapshot(3, bids=[(50, 1)]), change(4, bids=[(50, 0)]))

    assert book.bids.best is None
    assert book.asks.best == 101
