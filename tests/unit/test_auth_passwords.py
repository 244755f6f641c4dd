"""Passwords: what is kept of them, how long it takes to say no, and which are refused.

A hash takes 40 ms: few are made.
"""

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from actors.auth.common_passwords import is_common
from actors.auth.passwords import MAX_BYTES, MAX_WAITING, Passwords
from config.auth_errors import WeakPasswordError
from config.errors import NoCapacityError

GOOD = "naïve Kraken, 7 teapots"
EMAIL = "anna.smith@example.org"


@pytest.fixture
def passwords():
    made = Passwords(12)
    yield made
    made.close()


async def test_a_password_is_known_again_and_no_other_is(passwords):
    kept = await passwords.hash(GOOD)

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(kept, GOOD)
    assert not await passwords.verify(kept, GOOD + " ")
    assert not passwords.needs_rehash(kept)


async def test_letters_count_the_same_however_a_keyboard_composes_them(passwords):
    kept = await passwords.hash("nai\u0308ve teapots")

    assert await passwords.verify(kept, "na\u00efve teapots")


async def test_nobody_and_a_row_changed_by_hand_have_no_password(passwords):
    for kept in (None, "", "plain", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "$2b$12$" + "a" * 53):
        assert not await passwords.verify(kept, "")
        assert not await passwords.verify(kept, "plain")


async def test_no_answer_comes_without_the_work_of_one_hash(passwords):
    """Who is absent, a row that is broken and a text that is no password cost what a wrong password costs."""
    kept = await passwords.hash(GOOD)
    done = []
    real = passwords._hasher.verify

    class Counting:
        def verify(self, compared, data):
            done.append(compared.split("$")[3:4])
            return real(compared, data)

    passwords._hasher = Counting()
    for row, text in ((kept, "wrong"), (None, "wrong"), ("broken", "wrong"), (kept, "\ud800"), (kept, "x" * 5_000)):
        done.clear()
        assert not await passwords.verify(row, text)
        assert done[-1] == ["m=19456,t=2,p=1"]


async def test_a_weaker_hash_counts_and_is_to_be_made_anew(passwords):
    kept = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)

    assert await passwords.verify(kept, GOOD)
    assert passwords.needs_rehash(kept)
    assert passwords.needs_rehash("broken")


async def test_hashes_run_beside_the_loop_and_so_many_at_once(passwords):
    running, most, here = 0, 0, set()
    guard = threading.Lock()

    def work():
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
            here.add(threading.get_native_id())
        with guard:
            running -= 1

    await asyncio.gather(*(passwords._in_thread(work) for _ in range(50)))

    assert most == 1
    assert len(here) == 1
    assert threading.get_native_id() not in here


async def test_a_flood_is_told_to_come_again_and_then_served(passwords):
    gate = threading.Event()
    waiting = [asyncio.ensure_future(passwords._in_thread(gate.wait)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(NoCapacityError) as refused:
        await passwords.verify(None, GOOD)
    gate.set()
    await asyncio.gather(*waiting)

    assert refused.value.retry_after_s
    assert not await passwords.verify(None, GOOD)


async def test_who_hangs_up_leaves_no_place_taken(passwords):
    gate = threading.Event()
    waiting = [asyncio.ensure_future(passwords._in_thread(gate.wait)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    gate.set()

    assert await passwords._in_thread(lambda: 7) == 7


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "length"),
        ("elevenchars", "length"),
        ("x1" * (MAX_BYTES // 2) + "y", "length"),
        ("é9" * 400, "length"),
        ("lone \ud800 surrogate text", "length"),
        ("aaaaaaaaaaaa", "characters"),
        ("abababababab", "characters"),
        ("            ", "characters"),
        (EMAIL, "characters"),
        ("xx-Anna.Smith-99", "characters"),
        ("Password1234!", "pwned"),
        ("P@ssw0rd2026", "pwned"),
        ("passwordpassword", "pwned"),
        ("987654321098", "pwned"),
        ("830174920174", "pwned"),
        ("QWERTYUIOPasdf", "pwned"),
        ("Whisperer2026!!", "pwned"),
        ("!!!changeme!!!", "pwned"),
    ],
)
def test_a_weak_password_is_refused_in_words_of_gotrue_and_not_shown(passwords, text, reason):
    with pytest.raises(WeakPasswordError) as refused:
        passwords.check(text, email=EMAIL)

    assert refused.value.reasons == (reason,)
    assert len(text) < 11 or text not in str(refused.value)


@pytest.mark.parametrize(
    "text", [GOOD, "correct horse battery", "Пароль-не-слово", "🐙🦀🐚🐠🐬🦈 deep sea", "K9$vLq2#mXw8"]
)
def test_a_good_password_is_taken(passwords, text):
    passwords.check(text, email=EMAIL, old="something else entirely")


def test_the_same_password_again_is_refused(passwords):
    with pytest.raises(WeakPasswordError, match="than before"):
        passwords.check(GOOD, email=EMAIL, old=GOOD)


def test_a_short_name_before_the_at_says_nothing(passwords):
    passwords.check("correct job battery", email="job@example.org")


@pytest.mark.parametrize("number", range(20))
def test_a_password_that_was_made_is_good_and_new(passwords, number):
    made = passwords.made()

    passwords.check(made, email=EMAIL)
    assert len(made) == 24
    assert made != passwords.made()


async def test_a_text_that_cannot_be_written_down_has_no_hash(passwords):
    with pytest.raises(WeakPasswordError):
        await passwords.hash("\ud800" * 20)


def test_words_inside_others_are_not_common():
    assert is_common("Master!")
    assert not is_common("masterpiece of clay")
