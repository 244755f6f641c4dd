"""Refresh tokens: one use each, mercy for lost answers, none for forged or stolen ones."""

import base64
import hashlib
import os
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.auth import refresh
from actors.auth.refresh import AGAIN_MS
from config.auth_errors import RefreshTokenError

SESSION, KEY = "6fb0d7d0-1111-4222-8333-444455556666", b"k" * 32
COUNTERS = st.integers(0, 2**63 - 1)


def bytes_of(text):
    return bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def text_of(data):
    return base64.urlsafe_b64encode(bytes(data)).rstrip(b"=").decode()


def with_sum(data):
    """Return the text of bytes whose last four are made right: an attacker can do that too."""
    return text_of(bytes(data[:-4]) + hashlib.sha256(bytes(data[:-4])).digest()[:4])


def refused(text):
    with pytest.raises(RefreshTokenError) as error:
        refresh.read(text)
    return error.value.reason == "refresh_token_not_found" and error.value.code == "session_revoked"


@settings(max_examples=200)
@given(session=st.uuids(), counter=COUNTERS, key=st.binary(min_size=32, max_size=32))
def test_any_token_is_read_as_it_was_made(session, counter, key):
    token = refresh.read(refresh.make(str(session), counter, key))

    assert (token.session_id, token.counter) == (str(session), counter)
    assert token.is_made_with(key)
    assert not token.is_made_with(bytes(byte ^ 1 for byte in key))


@settings(max_examples=200)
@given(at=st.integers(min_value=0), bit=st.integers(0, 7), counter=COUNTERS)
def test_a_forged_token_opens_nothing(at, bit, counter):
    """One bit anywhere, with a right check sum: another counter, another session, another signature."""
    data = bytes_of(refresh.make(SESSION, counter, KEY))
    data[at % (len(data) - 4)] ^= 1 << bit
    try:
        token = refresh.read(with_sum(data))
    except RefreshTokenError:
        return
    assert not token.is_made_with(KEY)


def test_a_token_of_another_session_does_not_open_this_one():
    key, other = refresh.new_key(), refresh.new_key()
    token = refresh.read(refresh.make(SESSION, 4, other))

    assert key != other
    assert not token.is_made_with(key)


@pytest.mark.parametrize("cut", range(1, 43))
def test_a_truncated_token_is_none(cut):
    assert refused(refresh.make(SESSION, 300, KEY)[:-cut])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "=" * 56,
        "-" * 56,
        "é" * 56,
        "\ud800",
        "A" * 100_000,
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
        refresh.make(SESSION, 1, KEY) + "=",
        refresh.make(SESSION, 1, KEY) + "\n",
        " " + refresh.make(SESSION, 1, KEY),
        refresh.make(SESSION, 1, KEY).replace("_", "/").replace("-", "+") + "AAAA",
    ],
)
def test_what_is_no_refresh_token_is_refused(text):
    assert refused(text)


def test_one_token_has_one_text():
    """Bits behind the last byte would make several texts of one token, and none of them could be taken back alone."""
    text = refresh.make(SESSION, 5, KEY)
    assert len(bytes_of(text)) % 3 != 0
    others = [text[:-1] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    same = [other for other in others if other != text and bytes_of(other) == bytes_of(text)]

    assert same
    assert all(refused(other) for other in same)


def test_a_count_written_in_a_longer_way_is_refused():
    data = bytes_of(refresh.make(SESSION, 5, KEY))
    longer = data[:17] + bytes([5 | 0x80, 0]) + data[18:]

    assert refused(with_sum(longer))


def test_another_version_and_a_wrong_sum_are_refused_without_a_look_into_the_books():
    data = bytes_of(refresh.make(SESSION, 5, KEY))
    assert refused(text_of(data[:-1] + bytes([data[-1] ^ 1])))
    data[0] = 1

    assert refused(with_sum(data))


@pytest.mark.parametrize(
    ("given_counter", "later_ms", "ruling"),
    [
        (7, 0, "rotate"),
        (7, 10**9, "rotate"),
        (6, 0, "again"),
        (6, 10**9, "again"),
        (5, AGAIN_MS, "again"),
        (0, AGAIN_MS, "again"),
        (5, AGAIN_MS + 1, "reused"),
        (0, 10**9, "reused"),
        (5, -1, "reused"),
        (8, 0, "unknown"),
        (2**40, 0, "unknown"),
    ],
)
def test_the_rules_are_gotrues(given_counter, later_ms, ruling):
    token = refresh.read(refresh.make(SESSION, given_counter, KEY))

    assert refresh.rule(token, counter=7, refreshed_ms=1_000, now_ms=1_000 + later_ms) == ruling


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30_000)), max_size=30))
def test_a_thief_and_an_owner_cannot_both_go_on(steps):
    """Whoever holds a copy that is two uses old ends the session once the first seconds are over."""
    counter, refreshed_ms, now_ms, held = 0, 0, 0, [0]
    for behind, wait_ms in steps:
        now_ms += wait_ms
        used = held[max(0, len(held) - 1 - behind)]
        token = refresh.read(refresh.make(SESSION, used, KEY))
        ruling = refresh.rule(token, counter=counter, refreshed_ms=refreshed_ms, now_ms=now_ms)
        if used == counter:
            assert ruling == "rotate"
            counter, refreshed_ms = counter + 1, now_ms
            held.append(counter)
        elif counter - used > 1 and now_ms - refreshed_ms > AGAIN_MS:
            assert ruling == "reused"
            return
        else:
            assert ruling == "again"


def test_nothing_of_a_token_shows_in_a_repr():
    text = refresh.make(str(uuid.uuid4()), 1, os.urandom(32))
    token = refresh.read(text)

    assert token.mac.hex() not in repr(token)
    assert str(token.mac) not in repr(token)
