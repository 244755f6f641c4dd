"""How much of a channel is kept for those who come back."""

from itertools import count

import pytest

from actors.bridge.channels.fills import Fills
from actors.bridge.delivery.stream import Cursor, Stream


class Source:
    """Stands for a channel that has rows alone."""

    kind, update, owner = "log", Fills.update, "anna"

    def snapshot(self):
        return []

    def has_source(self):
        return True

    def is_ready(self):
        return True

    def restarted(self):
        pass


def stream(ring_size=1_000, ring_bytes=None) -> Stream:
    made = Stream(
        "fills",
        Source(),
        ring_size=ring_size,
        ring_bytes=ring_bytes,
        market_ms=lambda: 0,
        new_epoch=map("e{}".format, count()).__next__,
    )
    made.since(Cursor("", 0, 0))
    return made


def reach(one: Stream) -> int:
    """Return how many of the newest rows can still be sent."""
    behind = 0
    while behind < one.seq and one.covers(Cursor(one.epoch, one.seq - behind - 1, 0)):
        behind += 1
    return behind


@pytest.mark.parametrize(("rows", "kept"), [(3, 3), (5, 5), (12, 5)])
def test_so_many_rows_are_kept(rows, kept):
    one = stream(ring_size=5, ring_bytes=10_000)
    for number in range(rows):
        one.append(b"%d" % number)

    assert reach(one) == kept
    assert len(one.since(Cursor(one.epoch, one.seq - kept, 0))[0]) == kept


def test_large_rows_are_kept_up_to_so_many_bytes_and_small_ones_after_them_again():
    one = stream(ring_bytes=10_000)
    for _ in range(20):
        one.append(b"x" * 3_000)
    assert reach(one) == 3

    for _ in range(50):
        one.append(b"1")
    assert reach(one) == 50 + 3 - 1

    one.append(b"x" * 50_000)
    assert reach(one) == 1
    for _ in range(50):
        one.append(b"1")
    assert reach(one) == 50


def test_a_new_epoch_begins_with_an_empty_ring():
    one = stream(ring_bytes=4_000)
    one.append(b"x" * 3_000)
    one.restart()
    one.since(Cursor("", 0, 0))
    one.append(b"x" * 3_000)
    one.append(b"1")

    assert reach(one) == 2
