"""Keys of an issuer elsewhere: fetched once for all, kept through outages, and no reason to hammer it."""

import asyncio
import json

import pytest

from actors.auth.jwks import Jwks, read_keys
from config.auth_errors import JwksUnavailableError
from config.errors import UnauthorizedError
from tests.token_mint import Mint, key_set

OLD, NEW = Mint(), Mint()


class Issuer:
    """Answers when the test lets it."""

    def __init__(self, *mints):
        self.text = key_set(*mints)
        self.asked = 0
        self.is_down = False
        self.is_asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.asked += 1
        self.is_asked.set()
        await self.gate.wait()
        if self.is_down:
            raise JwksUnavailableError("no answer")
        return self.text


class World:
    def __init__(self, *mints):
        self.now = 1_000.0
        self.issuer = Issuer(*mints)
        self.keys = Jwks(self.issuer, fresh_s=600, monotonic=lambda: self.now)

    async def settle(self):
        """Wait for what is fetched in the background."""
        if under_way := list(self.keys._flights._tasks):
            await asyncio.wait(under_way)


async def test_all_who_ask_at_once_share_one_request():
    world = World(OLD)
    found = await asyncio.gather(*(world.keys.key(OLD.kid) for _ in range(50)))
    assert {key.key_id for key in found} == {OLD.kid}
    assert world.issuer.asked == 1


async def test_unknown_keys_lead_to_a_request_only_now_and_then():
    world = World(OLD)
    for number in range(100):
        with pytest.raises(UnauthorizedError, match="unknown key"):
            await world.keys.key(f"unknown-{number}")
    assert world.issuer.asked == 1
    world.now += 31
    with pytest.raises(UnauthorizedError):
        await world.keys.key("unknown")
    assert world.issuer.asked == 2


async def test_a_new_key_is_found_after_the_cool_down():
    world = World(OLD)
    await world.keys.key(OLD.kid)
    world.issuer.text = key_set(NEW, OLD)
    with pytest.raises(UnauthorizedError):
        await world.keys.key(NEW.kid)
    world.now += 31
    assert (await world.keys.key(NEW.kid)).key_id == NEW.kid
    assert (await world.keys.key(OLD.kid)).key_id == OLD.kid


async def test_a_key_that_was_taken_back_serves_no_more_once_the_set_was_fetched_again():
    world = World(OLD)
    await world.keys.key(OLD.kid)
    world.issuer.text = key_set(NEW)
    world.now += 601
    assert world.keys.serves(OLD.kid)
    await world.settle()
    assert not world.keys.serves(OLD.kid)
    with pytest.raises(UnauthorizedError):
        await world.keys.key(OLD.kid)


async def test_known_keys_serve_at_once_while_the_issuer_hangs():
    world = World(OLD)
    await world.keys.key(OLD.kid)
    world.issuer.gate.clear()
    world.now += 3_600
    async with asyncio.timeout(30):
        assert (await world.keys.key(OLD.kid)).key_id == OLD.kid
    assert "keys" in world.keys._flights
    world.issuer.gate.set()
    await world.settle()


async def test_keys_serve_for_a_day_while_the_issuer_is_down():
    world = World(OLD)
    await world.keys.key(OLD.kid)
    world.issuer.is_down = True
    for _ in range(23):
        world.now += 3_600
        await world.keys.key(OLD.kid)
        await world.settle()
    with pytest.raises(UnauthorizedError):
        await world.keys.key("unknown")
    world.now += 3_600
    assert not world.keys.serves(OLD.kid)
    with pytest.raises(JwksUnavailableError):
        await world.keys.key(OLD.kid)
    world.issuer.is_down = False
    world.now += 4
    assert await world.keys.key(OLD.kid)


async def test_an_issuer_that_was_never_reached_is_asked_every_few_seconds():
    world = World(OLD)
    world.issuer.is_down = True
    for _ in range(100):
        with pytest.raises(JwksUnavailableError) as caught:
            await world.keys.key(OLD.kid)
    assert world.issuer.asked == 1
    assert caught.value.status == 503
    assert caught.value.is_retryable
    world.issuer.is_down = False
    world.now += 3.1
    assert await world.keys.key(OLD.kid)


@pytest.mark.parametrize("text", [b"<html>", b"[]", b"{}", b'{"keys": {}}', b"\xff", b"[" * 100_000, b'{"keys": null}'])
async def test_an_answer_that_is_no_key_set_leaves_the_keys_as_they_are(text):
    world = World(OLD)
    await world.keys.key(OLD.kid)
    world.issuer.text = text
    world.now += 601
    assert world.keys.serves(OLD.kid)
    await world.settle()
    assert world.issuer.asked == 2
    assert world.keys.serves(OLD.kid)


async def test_a_project_without_public_keys_has_no_key():
    world = World()
    with pytest.raises(UnauthorizedError):
        await world.keys.key(OLD.kid)


async def test_who_stops_waiting_does_not_stop_the_request():
    world = World(OLD)
    world.issuer.gate.clear()
    hasty, patient = (asyncio.create_task(world.keys.key(OLD.kid)) for _ in range(2))
    await world.issuer.is_asked.wait()
    hasty.cancel()
    await asyncio.wait({hasty})
    world.issuer.gate.set()
    assert await patient


async def test_a_request_under_way_can_be_ended():
    world = World(OLD)
    world.issuer.gate.clear()
    waiting = asyncio.create_task(world.keys.key(OLD.kid))
    await world.issuer.is_asked.wait()
    world.keys.stop()
    with pytest.raises(JwksUnavailableError):
        await waiting


def _set(**changes):
    return json.dumps({"keys": [{name: value for name, value in (OLD.public | changes).items() if value is not None}]})


@pytest.mark.parametrize(
    "changes",
    [
        {"kid": None},
        {"kid": 7},
        {"use": "enc"},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "RS256"},
        {"alg": ["ES256"]},
        {"kty": "oct", "alg": "HS256", "k": "c2VjcmV0"},
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"x": "AAAA"},
        {"x": None},
        {"d": "AAAA"},
    ],
)
def test_a_key_that_could_not_verify_is_left_out(changes):
    assert not read_keys(_set(**changes).encode())


def test_a_private_key_in_the_set_is_left_out():
    from jwt.algorithms import ECAlgorithm

    private = json.loads(ECAlgorithm.to_jwk(OLD.key)) | {"kid": "private"}
    assert not read_keys(json.dumps({"keys": [private]}).encode())


def test_a_weak_rsa_key_is_left_out():
    from cryptography.hazmat.primitives.asymmetric import rsa

    mint = Mint("RS256")
    assert read_keys(key_set(mint))
    mint.key = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
    assert not read_keys(key_set(mint))


def test_a_bad_key_does_not_spoil_the_others():
    entries = [None, 7, {}, {"kid": "x"}, OLD.public, {**NEW.public, "kid": OLD.kid}]
    keys = read_keys(json.dumps({"keys": entries}).encode())
    assert list(keys) == [OLD.kid]
    assert keys[OLD.kid].key.public_numbers() == OLD.key.public_key().public_numbers()


def test_a_key_without_algorithm_has_that_of_its_kind():
    assert read_keys(_set(alg=None).encode())[OLD.kid].algorithm_name == "ES256"


def test_a_key_set_has_at_most_32_keys():
    with pytest.raises(JwksUnavailableError):
        read_keys(json.dumps({"keys": [OLD.public] * 33}).encode())
