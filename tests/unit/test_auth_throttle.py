"""The throttle: guessing gets slow, from one place or with many names, and no stranger locks anybody out."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.auth.throttle import CAP_MS, KNOWN_MS, PER_NAME, QUIET_MS, WRITTEN_EACH, Throttle
from actors.ports.person_rows import ThrottleRow
from config.errors import RateLimitedError
from tests.auth_keys import DAY_MS, HandClock

FREE, PER_ADDRESS = 5, 50
ANNA, HOME, CAFE, EVIL = "anna@example.org", "198.51.100.7", "203.0.113.9", "192.0.2.66"


class Door:
    """A throttle with the rows that were written, which a restart begins with."""

    def __init__(self, max_keys=1_000):
        self.clock, self.max_keys, self.written, self.writes = HandClock(), max_keys, {}, 0
        self.restart()

    def restart(self):
        self.throttle = Throttle(
            free=FREE,
            per_address=PER_ADDRESS,
            rows=list(self.written.values()),
            now_ms=self.clock,
            max_keys=self.max_keys,
        )

    def write(self, rows):
        self.writes += len(rows)
        self.written.update((row.key, row) for row in rows)

    def fail(self, name=ANNA, address=HOME, times=1, **options):
        for _ in range(times):
            with self.throttle.attempt(name, address, **options) as attempt:
                self.write(attempt.failed())

    def succeed(self, name=ANNA, address=HOME, **options):
        with self.throttle.attempt(name, address, **options) as attempt:
            self.write(attempt.succeeded())

    def wait_s(self, name=ANNA, address=HOME, **options):
        """Return the seconds to wait; 0 when an attempt may begin."""
        try:
            with self.throttle.attempt(name, address, **options):
                return 0
        except RateLimitedError as e:
            return e.retry_after_s


@pytest.fixture
def door():
    return Door()


def test_some_failures_are_free_and_each_further_one_doubles_the_wait(door):
    door.fail(times=FREE - 1)
    assert door.wait_s() == 0
    waits = []
    for _ in range(13):
        door.fail()
        waits.append(door.wait_s())
        door.clock.wait(s=waits[-1])

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_a_success_begins_anew(door):
    door.fail(times=FREE)
    door.clock.wait(s=1)
    door.succeed()
    door.fail(times=FREE - 1)

    assert door.wait_s() == 0


def test_failures_of_long_ago_are_forgotten(door):
    door.fail(times=FREE)
    door.clock.wait(ms=1_000 + QUIET_MS - 1)
    door.fail()
    assert door.wait_s() == 2
    door.clock.wait(ms=2_000 + QUIET_MS)
    door.fail(times=FREE - 1)

    assert door.wait_s() == 0


def test_a_stranger_elsewhere_locks_nobody_out(door):
    for number in range(200):
        address = f"192.0.2.{number}"
        for _ in range(8):
            if door.wait_s(ANNA, address) == 0:
                door.fail(ANNA, address)

    assert door.wait_s(ANNA, HOME) == 0
    door.succeed(ANNA, HOME)


def test_an_owner_who_signed_in_lately_gets_through_a_place_that_is_locked(door):
    door.succeed(ANNA, CAFE)
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", CAFE)

    assert door.wait_s("bob@example.org", CAFE) == CAP_MS / 1_000
    assert door.wait_s(ANNA, CAFE) == 0
    door.clock.wait(ms=KNOWN_MS + 1)
    door.restart()
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", CAFE)
    assert door.wait_s(ANNA, CAFE) > 0


def test_an_owner_who_mistypes_does_not_lock_the_place_for_others(door):
    door.succeed(ANNA, CAFE)
    for _ in range(10):
        door.fail(ANNA, CAFE)
        door.clock.wait(s=door.wait_s(ANNA, CAFE))
    for number in range(PER_ADDRESS - 1):
        door.fail(f"guess{number}@example.org", CAFE)

    assert door.wait_s("bob@example.org", CAFE) == 0


def test_a_place_that_tries_many_names_waits_and_then_begins_anew(door):
    for number in range(PER_ADDRESS - 1):
        door.fail(f"guess{number}@example.org", EVIL)
        door.clock.wait(s=1)
    assert door.wait_s("next@example.org", EVIL) == 0
    door.fail("last@example.org", EVIL)

    assert door.wait_s("next@example.org", EVIL) == CAP_MS / 1_000 - (PER_ADDRESS - 1)
    assert door.wait_s("next@example.org", HOME) == 0
    door.clock.wait(ms=CAP_MS)
    assert door.wait_s("next@example.org", EVIL) == 0


def test_a_success_does_not_wipe_what_a_place_did_with_other_names(door):
    """Or whoever has one user could guess all others', signing in between."""
    for number in range(PER_ADDRESS - 1):
        door.fail(f"guess{number}@example.org", EVIL)
    door.succeed("mallory@example.org", EVIL)
    door.fail("guess@example.org", EVIL)

    assert door.wait_s("guess@example.org", EVIL) > 0


def test_many_places_together_cannot_guess_a_code_and_the_owner_gets_in_where_it_was_before(door):
    door.succeed("totp:anna", HOME, is_code=True)
    tries = 0
    for number in range(1_000):
        address = f"2001:db8:{number:x}::1"
        while door.wait_s("totp:anna", address, is_code=True) == 0:
            door.fail("totp:anna", address, is_code=True)
            tries += 1

    assert tries == PER_NAME
    door.restart()
    assert door.wait_s("totp:anna", "192.0.2.200", is_code=True) == CAP_MS / 1_000
    assert door.wait_s("totp:anna", HOME, is_code=True) == 0
    assert door.wait_s("totp:bob", "192.0.2.200", is_code=True) == 0
    door.clock.wait(ms=CAP_MS)
    assert door.wait_s("totp:anna", "192.0.2.200", is_code=True) == 0


def test_one_subscriber_of_ipv6_is_one_place(door):
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", f"2001:db8:1:2:{number:x}::1")

    assert door.wait_s("next@example.org", "2001:db8:1:2:ffff::1") > 0
    assert door.wait_s("next@example.org", "2001:db8:1:3::1") == 0


def test_an_address_in_the_form_of_ipv6_is_the_same_address(door):
    door.fail(address="::ffff:198.51.100.7", times=FREE)

    assert door.wait_s(address=HOME) > 0


def test_the_case_of_an_email_does_not_matter(door):
    for name in ("Anna@Example.org", "ANNA@EXAMPLE.ORG", " anna@example.org", "anna@EXAMPLE.org", ANNA):
        door.fail(name)

    assert door.wait_s() > 0


def test_from_this_computer_no_total_is_kept(door):
    for number in range(2 * PER_ADDRESS):
        door.fail(f"guess{number}@example.org", "")
    door.fail(ANNA, "", times=FREE)

    assert door.wait_s("next@example.org", "") == 0
    assert door.wait_s(ANNA, "") > 0


def test_a_restart_forgives_nobody(door):
    door.fail(times=FREE)
    for _ in range(6):
        door.clock.wait(s=door.wait_s())
        door.fail()
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", EVIL)
    before = door.wait_s(), door.wait_s("next@example.org", EVIL)

    door.restart()

    assert (door.wait_s(), door.wait_s("next@example.org", EVIL)) == before
    assert before == (64, CAP_MS / 1_000)


def test_a_restart_knows_who_signed_in_from_where(door):
    door.succeed(ANNA, CAFE)
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", CAFE)
    door.restart()

    assert door.wait_s(ANNA, CAFE) == 0
    assert door.wait_s("bob@example.org", CAFE) > 0


def test_many_tries_at_once_are_not_all_free(door):
    """A hash takes 40 ms: hundreds of guesses could begin before the first of them is known to be wrong."""
    began = [door.throttle.attempt(ANNA, EVIL) for _ in range(FREE)]
    for _ in range(100):
        with pytest.raises(RateLimitedError) as refused:
            door.throttle.attempt(ANNA, EVIL)
        assert refused.value.retry_after_s == 1.0
    for attempt in began:
        with attempt:
            attempt.failed()

    assert door.wait_s(ANNA, EVIL) == 1


def test_many_names_at_once_from_one_place_are_not_all_free(door):
    for number in range(PER_ADDRESS):
        door.throttle.attempt(f"guess{number}@example.org", EVIL)

    with pytest.raises(RateLimitedError):
        door.throttle.attempt("next@example.org", EVIL)


async def test_a_try_that_was_broken_off_is_over(door):
    async def one():
        with door.throttle.attempt(ANNA, HOME):
            await asyncio.Event().wait()

    tasks = [asyncio.ensure_future(one()) for _ in range(FREE)]
    await asyncio.sleep(0)
    assert door.wait_s() == 1.0
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert door.wait_s() == 0
    assert door.throttle._trying == {}


def test_a_flood_of_names_and_places_takes_bounded_memory_and_forgets_no_owner():
    door = Door(max_keys=50)
    door.succeed(ANNA, CAFE)
    for number in range(3_000):
        door.fail(f"guess{number}@example.org", f"2001:db8:{number:x}::1")

    assert len(door.throttle) <= 3 * 50
    assert door.throttle._trying == {}
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", CAFE)
    assert door.wait_s(ANNA, CAFE) == 0


def test_a_flood_of_single_guesses_writes_next_to_nothing(door):
    for number in range(2_000):
        door.fail(f"guess{number}@example.org", f"2001:db8:{number // 10:x}::1")

    assert door.writes == 2_000 // WRITTEN_EACH


def test_signing_in_often_is_written_once_a_day(door):
    for _ in range(20):
        door.succeed()
        door.clock.wait(s=60)
    assert door.writes == 1
    door.clock.wait(ms=DAY_MS)
    door.succeed()

    assert door.writes == 2


def test_a_clock_that_was_put_back_holds_nobody_longer_than_the_longest_wait(door):
    door.fail(times=FREE)
    for number in range(PER_ADDRESS):
        door.fail(f"guess{number}@example.org", EVIL)
    door.clock.wait(ms=-365 * DAY_MS)
    door.restart()

    assert 0 < door.wait_s() <= CAP_MS / 1_000
    assert 0 < door.wait_s("next@example.org", EVIL) <= CAP_MS / 1_000
    door.clock.wait(ms=CAP_MS)
    assert door.wait_s() == door.wait_s("next@example.org", EVIL) == 0


@pytest.mark.parametrize("back_ms", [1, 60_000, DAY_MS])
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_clock_that_was_put_back_holds_nobody_whose_failures_are_free(door, back_ms, is_restarted):
    door.succeed()
    door.fail()
    door.clock.wait(ms=-back_ms)
    if is_restarted:
        door.restart()

    assert door.wait_s() == 0
    door.fail(times=FREE - 2)
    assert door.wait_s() == 0


def test_a_row_from_nowhere_is_read_without_harm(door):
    door.write([ThrottleRow(key="pair:odd", failures=10**12, first_ms=-1, until_ms=2**62)])
    door.restart()

    assert door.wait_s() == 0


@pytest.mark.parametrize("name", ["", "x" * 100_000, "\ud800", "a\0b", "\0"])
def test_odd_names_and_addresses_are_counted_and_not_kept(door, name):
    door.fail(name, "not an address" * 1_000, times=FREE)

    assert door.wait_s(name, "not an address" * 1_000) > 0
    assert all(len(row.key) < 100 for row in door.written.values())


def test_no_email_stands_in_a_row(door):
    door.fail(times=FREE)
    door.succeed("bob@example.org", CAFE)

    assert "anna" not in str(door.written)
    assert "bob" not in str(door.written)


def test_name_and_address_cannot_run_into_each_other(door):
    door.fail("anna", "1", times=FREE)

    assert door.wait_s("anna1", "") == door.wait_s("ann", "a1") == 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["fail", "succeed", "wait", "restart"]), st.integers(0, 3), st.integers(0, 1_200)),
    max_size=40,
)


@settings(max_examples=150)
@given(STEPS)
def test_whatever_happens_a_wait_ends_and_waiting_it_out_is_enough(steps):
    door = Door(max_keys=4)
    for what, who, wait_s in steps:
        name, address = f"user{who % 2}@example.org", f"192.0.2.{who}"
        if what == "wait":
            door.clock.wait(s=wait_s)
        elif what == "restart":
            door.restart()
        elif door.wait_s(name, address) == 0:
            getattr(door, what)(name, address)
            assert what == "fail" or door.wait_s(name, address) == 0
        assert door.wait_s(name, address) <= CAP_MS / 1_000
    door.clock.wait(s=door.wait_s())
    assert door.wait_s() == 0
    assert len(door.throttle) <= 12
