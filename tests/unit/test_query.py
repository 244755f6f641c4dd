import base64
import binascii
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from actors.bridge.rest.query import LAST_NS, cursor_of, parse, position_of, time_range
from actors.bridge.routes.bars import BarsQuery
from config.errors import InvalidInputError


def test_text_becomes_typed_values_and_the_rest_defaults():
    query = parse(BarsQuery, [("instrument_id", "BTC-USDT.SIM"), ("limit", "7"), ("include_open", "true")])

    assert (query.limit, query.include_open, query.start) == (7, True, UNSET)


def test_an_unknown_parameter_is_named_with_the_known_ones():
    with pytest.raises(InvalidInputError, match=r"unknown parameter 'symbol', known: instrument_id, interval") as e:
        parse(BarsQuery, [("symbol", "BTC")])

    assert e.value.path == "$.symbol"


def test_a_broken_constraint_says_what_was_expected_and_found():
    with pytest.raises(InvalidInputError, match=r"limit: expected `int` <= 10000, was '20000'"):
        parse(BarsQuery, [("instrument_id", "BTC-USDT.SIM"), ("limit", "20000")])


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_no_text_makes_anything_but_a_struct_or_our_error(pairs):
    with suppress(InvalidInputError):
        parse(BarsQuery, pairs)


def test_a_range_is_told_in_nanoseconds():
    assert time_range(1, UNSET) == (1_000_000, None)


@given(st.lists(st.integers(0, LAST_NS), min_size=1, max_size=3), st.text())
def test_a_cursor_gives_its_position_back_to_its_question(position, question):
    assert position_of(cursor_of(question, *position), question, len(position)) == position


@given(st.text(max_size=60))
def test_invented_cursors_are_refused(text):
    with pytest.raises(InvalidInputError):
        position_of(text, "q", 1)


@pytest.mark.parametrize("position", [b"", b"x", b"-1", b"1 2", b"9" * 19, b"9" * 40, b"1_0", b"1\n", b"\xef\xbc\x91"])
def test_a_forged_cursor_with_a_right_checksum_is_refused(position):
    checksum = binascii.crc32(position, binascii.crc32(b"q")).to_bytes(4)

    with pytest.raises(InvalidInputError):
        position_of(base64.urlsafe_b64encode(checksum + position).decode().rstrip("="), "q", 1)
