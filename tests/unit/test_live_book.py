import json

import pytest

from actors.ticks.live_book import LiveBook
from tests.bridge.fakes import instrument
from tests.tick_books import WireBook, change, snapshot


def whole(sequence=10):
    book = LiveBook(instrument())
    book.keep_steps(is_wanted=True)
    assert book.take(snapshot(sequence)) == "ready"
    return book


def test_nothing_counts_before_the_snapshot():
    book = LiveBook(instrument())

    assert book.take(change(11, bids=[(98, 1)])) == "early"
    assert (book.is_whole, book.top(5), book.whole()) == (False, None, None)
    assert book.take(snapshot(12)) == "ready"
    assert json.loads(book.top(1)) == {
        "bids": [["1.00", "0.00005"]],
        "asks": [["1.01", "0.00004"]],
        "sequence": 12,
        "ts": 1_700_000_040_000,
    }


def test_a_step_that_was_taken_already_is_dropped():
    book = whole()
    assert book.take(change(11, bids=[(98, 1)])) == "changed"

    assert book.take(change(11, bids=[(98, 5)])) == "doubled"
    assert book.take(change(10, bids=[(98, 5)])) == "doubled"
    assert book.take(change(12, bids=[(98, 2)])) == "changed"


@pytest.mark.parametrize(
    ("step", "reason", "words"),
    [
        (change(13, bids=[(98, 1)]), "sequence", "after step 10 came 13"),
        (change(11, bids=[(98, -1)]), "impossible", "step 11 has an impossible number"),
        (change(11, bids=[(103, 1)]), "crossed", "a bid reaches an ask since step 11"),
        (snapshot(20, bids=[(200, 1)]), "crossed", "a bid reaches an ask since step 20"),
    ],
)
def test_a_broken_book_is_shown_no_more_and_says_why(step, reason, words):
    book = whole()
    place = book.log.place

    assert book.take(step) == "broken"
    assert (book.is_whole, book.top(5), book.reason, book.fault) == (False, None, reason, words)
    assert book.log.since(place) is None
    assert book.take(change(11, bids=[(98, 1)])) == "early"


def test_a_snapshot_makes_a_broken_book_whole():
    book = whole()
    book.take(change(13, bids=[(98, 1)]))

    assert book.take(snapshot(14)) == "ready"
    assert book.fault is None
    assert book.take(change(15, bids=[(98, 1)])) == "changed"


def test_after_an_interruption_without_loss_the_steps_go_on():
    book = whole()
    book.take(change(11, bids=[(98, 1)]))
    place = book.log.place
    book.interrupt()
    assert book.take(change(12, bids=[(98, 2)])) == "early"
    assert book.top(1) is None

    assert book.take(snapshot(11, bids=[(100, 5), (99, 7), (98, 1)])) == "ready"
    assert book.take(change(12, bids=[(98, 2)])) == "changed"
    assert [json.loads(step)["sequence"] for step in book.log.since(place)] == [12]


@pytest.mark.parametrize("after", [snapshot(12), snapshot(11), snapshot(10)])
def test_after_an_interruption_with_loss_the_steps_begin_anew(after):
    book = whole()
    book.take(change(11, bids=[(98, 1)]))
    place = book.log.place
    book.interrupt()

    assert book.take(after) == "ready"
    assert book.log.since(place) is None


def test_a_snapshot_of_what_is_known_changes_nothing():
    book = whole()
    place = book.log.place

    assert book.take(snapshot(10)) == "unchanged"
    assert book.log.since(place) == []


def test_another_snapshot_in_the_middle_begins_anew():
    book = whole()
    place = book.log.place

    assert book.take(snapshot(10, bids=[(100, 6)])) == "changed"
    assert book.log.since(place) is None


def test_steps_are_encoded_only_while_somebody_wants_them():
    book = LiveBook(instrument())
    book.take(snapshot(10))
    book.take(change(11, bids=[(98, 1)]))
    assert len(book.log) == 0

    book.keep_steps(is_wanted=True)
    client, place = WireBook(json.loads(book.whole())), book.log.place
    book.take(change(12, bids=[(98, 0)]))
    client.take(json.loads(book.log.since(place)[0]))
    book.keep_steps(is_wanted=False)
    book.take(change(13, bids=[(98, 1)]))
    book.keep_steps(is_wanted=True)

    assert book.log.since(place) is None


def test_the_best_levels_are_made_once_per_state():
    book = whole()
    first = book.top(5)

    assert book.top(5) is first
    book.take(change(11, bids=[(98, 1)]))
    assert book.top(5) is not first
