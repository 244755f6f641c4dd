"""Tracks read as one: in order, each event once, however they are read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from adapters.replay.merge import AHEAD, Merge

EVER = 2**62


class Mark(Struct, frozen=True):
    """An event that says which one it is."""

    ts: int
    track: int
    number: int


class Marks:
    """A track of numbered marks."""

    def __init__(self, track, times):
        self.track = track
        self.times = np.array(sorted(times), dtype=np.int64)

    def events(self, start, stop):
        return [Mark(int(self.times[n]), self.track, n) for n in range(start, stop)]


def merged(tracks):
    every = [mark for track in tracks for mark in track.events(0, len(track.times))]
    return sorted(every, key=lambda mark: (mark.ts, mark.track, mark.number))


several = st.lists(st.lists(st.integers(1, 40), max_size=30), min_size=1, max_size=4)


@pytest.mark.property
@given(several, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 7)), max_size=40))
def test_reading_in_parts_gives_the_whole_in_order(times, steps):
    tracks = [Marks(n, one) for n, one in enumerate(times)]
    merge, found = Merge(tracks), []
    for forward, limit in steps:
        ahead = merge.next_ts()
        found += merge.read((ahead or 0) + forward, limit)
    assert merge.read_count == len(found)
    assert [merge.cursor(n) for n in range(len(tracks))] == [
        sum(m.track == n for m in found) for n in range(len(tracks))
    ]
    found += merge.read(EVER, 10**6)

    assert found == merged(tracks)
    assert merge.next_ts() is None


@pytest.mark.property
@given(several, st.integers(0, 41), st.integers(0, 41), st.integers(0, 3))
def test_a_track_can_be_left_out_and_taken_in_again(times, out, back, rank):
    tracks = [Marks(n, one) for n, one in enumerate(times)]
    rank %= len(tracks)
    merge = Merge(tracks)
    found = merge.read(out, 10**6)
    merge.want(rank, out, is_wanted=False)
    found += merge.read(back, 10**6)
    merge.want(rank, max(out, back), is_wanted=True)
    found += merge.read(EVER, 10**6)

    assert found == [m for m in merged(tracks) if m.track != rank or not out <= m.ts < max(out, back)]


@pytest.mark.property
@given(several, st.integers(0, 41))
def test_after_a_seek_everything_from_there_on_is_read(times, ts):
    tracks = [Marks(n, one) for n, one in enumerate(times)]
    merge = Merge(tracks)
    merge.read(20, 7)
    merge.seek(ts)

    assert merge.next_ts() == next((mark.ts for mark in merged(tracks) if mark.ts >= ts), None)
    assert merge.read(EVER, 10**6) == [mark for mark in merged(tracks) if mark.ts >= ts]


def test_tracks_longer_than_what_is_made_at_once():
    tracks = [Marks(0, range(1, 5_000, 3)), Marks(1, [7] * 700), Marks(2, range(1, 2_000))]
    merge = Merge(tracks)

    assert merge.read(8, AHEAD * 2) + merge.read(EVER, 10**6) == merged(tracks)
    assert merge.count == sum(len(track.times) for track in tracks)
