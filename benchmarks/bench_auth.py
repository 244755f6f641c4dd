"""What signing in costs, and what twenty sign-ins at once do to the loop that trades.

The floor of the cost is one argon2id hash of the same run, alone in its thread; the floor of the delays is the loop
with nothing to do beside the same metronome.
"""

import asyncio
import statistics
import time

import pytest
import uvloop
from argon2 import PasswordHasher

from actors.auth import refresh, totp
from actors.auth.passwords import LANES, MEMORY_KIB, PASSES, Passwords
from actors.auth.signing import SigningKeys
from actors.auth.throttle import Throttle
from actors.auth.tokens import Tokens
from tests.auth_keys import NOW_MS, HandClock, session_row, user_row, vault

pytestmark = pytest.mark.bench
ROUNDS = 15
AT_ONCE = 20
SIGN_IN_S, COST, LAG_MS = 0.5, 2.0, 20.0
EVERY_S = 0.002
PASSWORD = "naïve Kraken, 7 teapots"


class Parts:
    """What one sign-in goes through, without the disk."""

    def __init__(self):
        self.clock, self.vault, self.passwords = HandClock(), vault(), Passwords(12)
        self.tokens = Tokens(SigningKeys(self.vault, (), self.clock), "http://localhost/auth/v1")
        self.throttle = Throttle(free=5, per_address=50, rows=(), now_ms=self.clock)
        self.kept = PasswordHasher(PASSES, MEMORY_KIB, LANES).hash(PASSWORD)

    async def sign_in(self, name="anna"):
        with self.throttle.attempt(name, "198.51.100.7") as attempt:
            assert await self.passwords.verify(self.kept, PASSWORD)
            attempt.succeeded()
            return self.grant(name)

    def grant(self, name="anna"):
        session = session_row(user_id=name)
        sealed, _ = self.vault.seal(name, f"session:{session.session_id}", refresh.new_key())
        key = self.vault.open(name, f"session:{session.session_id}", sealed)
        token, _ = self.tokens.issue(user_row(name), session, now_ms=NOW_MS, lifetime_s=900)
        return token, refresh.make(session.session_id, 0, key)


class Metronome:
    """A tick every two milliseconds; notes by how much each is late."""

    def __init__(self):
        self.late_ms = []

    async def run(self):
        due = time.perf_counter() + EVERY_S
        while True:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            now = time.perf_counter()
            self.late_ms.append(1e3 * (now - due))
            due = max(due, now) + EVERY_S

    @property
    def p99(self):
        return sorted(self.late_ms)[int(0.99 * len(self.late_ms))]


async def lateness(work):
    """Return the 99th percentile of how late ticks were beside some work, in milliseconds."""
    metronome = Metronome()
    ticking = asyncio.ensure_future(metronome.run())
    await work
    ticking.cancel()
    return metronome.p99


async def alone_s(hasher, kept):
    began = time.perf_counter()
    await asyncio.to_thread(hasher.verify, kept, PASSWORD)
    return time.perf_counter() - began


async def timed_s(work):
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


def test_a_sign_in_costs_little_more_than_its_hash():
    async def run():
        parts, hasher = Parts(), PasswordHasher(PASSES, MEMORY_KIB, LANES)
        await parts.sign_in()
        rounds = [(await alone_s(hasher, parts.kept), await timed_s(parts.sign_in())) for _ in range(ROUNDS)]
        parts.passwords.close()
        return [statistics.median(column) for column in zip(*rounds, strict=True)]

    floor_s, sign_in_s = uvloop.run(run())
    print(f"\nsign-in {1e3 * sign_in_s:.0f} ms, {sign_in_s / floor_s:.2f}x one argon2id hash ({1e3 * floor_s:.0f} ms)")
    assert sign_in_s < SIGN_IN_S
    assert sign_in_s < COST * floor_s


def test_who_is_unknown_is_refused_as_slowly_as_a_wrong_password():
    async def run():
        parts = Parts()
        await parts.sign_in()
        refused = [
            [await timed_s(parts.passwords.verify(kept, "wrong password")) for kept in (parts.kept, None, "broken")]
            for _ in range(2 * ROUNDS)
        ]
        parts.passwords.close()
        return [statistics.median(column) for column in zip(*refused, strict=True)]

    known_s, *others = uvloop.run(run())
    ratios = [one / known_s for one in others]
    print(f"\nrefused: wrong {1e3 * known_s:.1f} ms, nobody {ratios[0]:.3f}x, a broken row {ratios[1]:.3f}x")
    assert all(0.9 < ratio < 1.1 for ratio in ratios)


def test_twenty_sign_ins_at_once_hold_no_tick_up():
    async def run():
        parts = Parts()
        await parts.sign_in()
        idle, busy, last_s = [], [], []
        for number in range(3):
            idle.append(await lateness(asyncio.sleep(0.7)))
            names = [f"user{number}-{one}" for one in range(AT_ONCE)]
            began = time.perf_counter()
            busy.append(await lateness(asyncio.gather(*map(parts.sign_in, names))))
            last_s.append(time.perf_counter() - began)
        parts.passwords.close()
        return [statistics.median(column) for column in (idle, busy, last_s)]

    idle, busy, last_s = uvloop.run(run())
    print(f"\n{AT_ONCE} sign-ins at once ({last_s:.2f} s): ticks late by {busy:.1f} ms (p99), idle {idle:.1f} ms")
    assert busy < LAG_MS + idle


def test_what_runs_on_the_loop_is_small():
    parts = Parts()
    secret = totp.new_secret()
    token = refresh.make(session_row().session_id, 7, b"k" * 32)
    sealed, _ = parts.vault.seal("anna", "totp:1", b"x" * 32)
    pieces = {
        "seal, sign and refresh token": parts.grant,
        "open a seal": lambda: parts.vault.open("anna", "totp:1", sealed),
        "check a refresh token": lambda: refresh.read(token).is_made_with(b"k" * 32),
        "check a code": lambda: totp.matched_step(secret, "123456", now_s=NOW_MS / 1_000, used_step=0),
    }
    for name, piece in pieces.items():
        took = []
        for _ in range(300):
            began = time.perf_counter()
            piece()
            took.append(time.perf_counter() - began)
        print(f"\n{name}: {1e6 * statistics.median(took):.0f} us", end="")
        assert statistics.median(took) < 0.005
