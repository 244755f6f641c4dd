"""The issuer's keys: one signs, older ones are published while their tokens live, and nobody slips one in."""

import base64

import msgspec
import pytest
from jwt import PyJWKSet
from msgspec.structs import replace

from actors.auth.signing import PUBLISHED_MS, SigningKeys
from actors.auth.vault import NODE, Vault, VaultLockedError
from actors.ports.person_rows import DataKeyRow, SigningKeyRow
from tests.auth_keys import DAY_MS, HandClock, master_keys


class Issuer:
    """Keys with the rows that were kept of them."""

    def __init__(self):
        self.clock, self.masters = HandClock(), master_keys()
        self.rows, self.data_keys = {}, {}
        self.open()

    def open(self):
        self.vault = Vault(self.masters, self.data_keys.values())
        self.keys = SigningKeys(self.vault, self.rows.values(), self.clock)
        self.write(self.keys.unwritten)
        return self.keys

    def write(self, rows):
        for row in rows:
            if isinstance(row, DataKeyRow):
                self.data_keys[row.owner] = row
            else:
                self.rows[row.kid] = row

    def rotate(self):
        self.write(self.keys.rotate())
        return self.keys.current.kid

    def published(self):
        return [key["kid"] for key in msgspec.json.decode(self.keys.jwks())["keys"]]


@pytest.fixture
def issuer():
    return Issuer()


def test_a_first_start_makes_a_key_and_the_next_signs_with_it(issuer):
    kid = issuer.keys.current.kid

    assert [type(row) for row in issuer.keys.unwritten] == [DataKeyRow, SigningKeyRow]
    assert issuer.open().current.kid == kid
    assert issuer.keys.unwritten == ()
    assert issuer.published() == [kid]


def test_only_public_halves_are_published(issuer):
    issuer.rotate()

    for key in msgspec.json.decode(issuer.keys.jwks())["keys"]:
        assert "d" not in key
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert len(base64.urlsafe_b64decode(key["x"] + "=")) == 32
    assert len(PyJWKSet.from_json(issuer.keys.jwks().decode()).keys) == 2


def test_a_retired_key_is_published_until_its_last_token_has_ended(issuer):
    first = issuer.keys.current.kid
    second = issuer.rotate()
    assert issuer.published() == [second, first]

    issuer.clock.wait(ms=PUBLISHED_MS - 1)
    assert issuer.published() == [second, first]
    assert issuer.open().current.kid == second

    issuer.clock.wait(ms=1)
    assert issuer.published() == [second]
    assert issuer.open().current.kid == second
    assert issuer.published() == [second]


def test_a_key_that_has_ended_is_destroyed_at_the_next_change(issuer):
    first = issuer.keys.current.kid
    second = issuer.rotate()
    issuer.clock.wait(ms=2 * DAY_MS)
    third = issuer.rotate()

    assert issuer.rows[first].private == ""
    assert issuer.rows[second].private
    assert issuer.published() == [third, second]
    assert issuer.open().current.kid == third
    assert issuer.published() == [third, second]


def test_two_changes_in_one_moment_leave_the_last_one_signing(issuer):
    kids = [issuer.rotate() for _ in range(5)]

    assert issuer.keys.current.kid == kids[-1]
    assert issuer.open().current.kid == kids[-1]


def test_a_public_half_written_by_hand_is_not_published(issuer):
    kid, other = issuer.keys.current.kid, Issuer()
    issuer.write([replace(issuer.rows[kid], public=other.rows[other.keys.current.kid].public)])
    before = issuer.keys.jwks()

    assert issuer.open().jwks() == before


def test_a_key_slipped_in_does_not_open(issuer):
    other = Issuer()
    issuer.write([other.rows[other.keys.current.kid]])

    with pytest.raises(VaultLockedError):
        issuer.open()


def test_keys_in_each_others_place_do_not_open(issuer):
    first, second = issuer.keys.current.kid, issuer.rotate()
    issuer.write([replace(issuer.rows[first], private=issuer.rows[second].private)])

    with pytest.raises(VaultLockedError):
        issuer.open()


def test_a_key_of_another_kind_is_refused(issuer):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    plain = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    sealed, _ = issuer.vault.seal(NODE, "signing:odd", plain)
    issuer.write([SigningKeyRow(kid="odd", private=sealed, public="{}", created_ms=1)])

    with pytest.raises(VaultLockedError, match="odd"):
        issuer.open()


def test_no_private_key_shows_in_a_repr(issuer):
    row = issuer.rows[issuer.keys.current.kid]

    assert row.private not in repr((row, issuer.keys.current, issuer.keys.unwritten))
    assert "private" not in repr(issuer.keys.current)
