"""Frames by hand: heads of every length, and snapshots cut into parts."""

import json

import pytest

from actors.bridge.delivery import frames
from actors.bridge.delivery.frames import Envelope, text_frame


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_tells_its_length(size, head):
    assert text_frame(b"x" * size) == head + b"x" * size


def test_a_name_cannot_break_out_of_its_quotes():
    frame = Envelope('a","seq":9,"x":"', "bar").update(1, 2, b"{}")

    assert json.loads(frame[2:]) == {"type": "bar", "ch": 'a","seq":9,"x":"', "seq": 1, "ts": 2, "data": {}}


def test_an_empty_snapshot_is_one_part():
    (frame,) = Envelope("a", "bar").snapshot("e", 7, [])

    assert json.loads(frame[2:]) == {"type": "snapshot", "ch": "a", "epoch": "e", "seq": 7, "part": [0, 1], "data": []}


def test_parts_hold_everything_in_order_and_none_is_too_big(monkeypatch):
    monkeypatch.setattr(frames, "PART_BYTES", 40)
    parts = Envelope("a", "bar").snapshot("e", 7, [b'"%04d"' % number for number in range(50)])
    told = [json.loads(part[2:]) for part in parts]

    assert [item for one in told for item in one["data"]] == [f"{number:04d}" for number in range(50)]
    assert [one["part"] for one in told] == [[number, len(told)] for number in range(len(told))]
    assert max(len(json.dumps(one["data"])) for one in told) < 70


def test_an_item_above_the_limit_has_its_own_part(monkeypatch):
    monkeypatch.setattr(frames, "PART_BYTES", 10)
    told = [
        json.loads(part[2:])["data"] for part in Envelope("a", "bar").snapshot("e", 0, [b"1", b'"%b"' % (b"x" * 30)])
    ]

    assert told == [[1], ["x" * 30]]
