"""The vault: what is sealed opens for its owner, in its place, with its key, and nowhere else."""

import base64
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from actors.auth.master_keys import MasterKeys
from actors.auth.vault import NODE, Vault, VaultLockedError
from tests.auth_keys import master_keys

SECRET = b"JBSWY3DPEHPK3PXP"


class Books:
    """Rows as they would be kept."""

    def __init__(self):
        self.rows = {}

    def write(self, rows):
        self.rows.update((row.owner, row) for row in rows)

    def seal(self, vault, owner, kind="totp:1", plain=SECRET):
        sealed, rows = vault.seal(owner, kind, plain)
        self.write(rows)
        return sealed

    def open(self, keys):
        return Vault(keys, self.rows.values())


def test_what_was_sealed_opens_after_a_restart():
    keys, books = master_keys(), Books()
    sealed = books.seal(Vault(keys), "anna")

    assert books.open(keys).open("anna", "totp:1", sealed) == SECRET
    assert SECRET not in sealed.encode()
    assert sealed.isascii()


def test_the_same_secret_is_never_sealed_the_same():
    vault = Vault(master_keys())

    assert len({vault.seal("anna", "totp:1", SECRET)[0] for _ in range(20)}) == 20


def test_a_data_key_comes_with_every_seal_until_it_was_loaded():
    """A write that failed must not leave later secrets without the key that opens them."""
    keys = master_keys()
    vault = Vault(keys)
    _, lost = vault.seal("anna", "totp:1", SECRET)
    sealed, rows = vault.seal("anna", "totp:2", SECRET)

    assert rows == lost
    again = Vault(keys, rows)
    assert again.open("anna", "totp:2", sealed) == SECRET
    assert again.seal("anna", "totp:3", SECRET)[1] == ()


def test_a_row_moved_to_another_owner_or_place_does_not_open():
    keys, books = master_keys(), Books()
    vault = Vault(keys)
    annas, _ = books.seal(vault, "anna"), books.seal(vault, "bob")

    for owner, kind in (("bob", "totp:1"), ("anna", "totp:2"), ("anna", "session:1"), (NODE, "totp:1")):
        with pytest.raises(VaultLockedError):
            books.open(keys).open(owner, kind, annas)


def test_where_a_part_ends_cannot_be_moved():
    vault = Vault(master_keys())
    vault.seal("anna:totp", "1", SECRET)
    sealed, _ = vault.seal("anna", "totp:1", SECRET)

    with pytest.raises(VaultLockedError):
        vault.open("anna:totp", "1", sealed)


def test_a_data_key_and_its_secrets_moved_together_do_not_open():
    keys, books = master_keys(), Books()
    vault = Vault(keys)
    annas, _ = books.seal(vault, "anna"), books.seal(vault, "bob")
    books.rows["bob"] = replace(books.rows["anna"], owner="bob")

    with pytest.raises(VaultLockedError, match="data key of bob"):
        books.open(keys).open("bob", "totp:1", annas)


def test_another_master_key_stops_the_start_and_names_the_one_that_is_missing():
    keys, books = master_keys(), Books()
    books.seal(Vault(keys), "anna")

    with pytest.raises(VaultLockedError, match=keys.current_id):
        books.open(master_keys())


def test_a_row_that_claims_another_master_key_does_not_open():
    keys, books = master_keys(2), Books()
    sealed = books.seal(Vault(keys), "anna")
    books.write([replace(books.rows["anna"], master_id=list(keys)[1])])

    with pytest.raises(VaultLockedError, match="data key of anna"):
        books.open(keys).open("anna", "totp:1", sealed)


@pytest.mark.parametrize("keep", [0, 1, 3, 10, 19, 30])
def test_a_truncated_seal_does_not_open(keep):
    vault = Vault(master_keys())
    sealed, _ = vault.seal("anna", "totp:1", SECRET)

    for short in (sealed[:keep], sealed[:-keep] if keep else ""):
        with pytest.raises(VaultLockedError):
            vault.open("anna", "totp:1", short)


@pytest.mark.parametrize("text", ["", "v1.", "v2.AAAA", "v1.====", "v1.ключ", "JBSWY3DPEHPK3PXP", "v1.\0"])
def test_what_was_never_sealed_does_not_open(text):
    vault = Vault(master_keys())
    vault.seal("anna", "totp:1", SECRET)

    with pytest.raises(VaultLockedError):
        vault.open("anna", "totp:1", text)


def test_a_secret_of_an_owner_without_a_key_does_not_open():
    with pytest.raises(VaultLockedError, match="anna"):
        Vault(master_keys()).open("anna", "totp:1", "v1.AAAA")


@settings(max_examples=60)
@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_can_be_changed(at, bit):
    vault = Vault(master_keys())
    sealed, _ = vault.seal("anna", "totp:1", SECRET)
    data = bytearray(base64.urlsafe_b64decode(sealed.removeprefix("v1.")))
    data[at % len(data)] ^= 1 << bit

    with pytest.raises(VaultLockedError):
        vault.open("anna", "totp:1", "v1." + base64.urlsafe_b64encode(bytes(data)).decode())


@settings(max_examples=60)
@given(owner=st.text(max_size=40), kind=st.text(max_size=40), plain=st.binary(max_size=200))
def test_any_secret_comes_back(owner, kind, plain):
    keys = master_keys()
    sealed, rows = Vault(keys).seal(owner, kind, plain)

    assert Vault(keys, rows).open(owner, kind, sealed) == plain


def test_after_a_rewrap_the_older_master_key_is_needed_no_more():
    old, new, books = os.urandom(32), os.urandom(32), Books()
    sealed = {owner: books.seal(Vault(MasterKeys([old]), books.rows.values()), owner) for owner in ("anna", "bob")}
    books.write([books.open(MasterKeys([old])).forget("carol")])

    both = books.open(MasterKeys([new, old]))
    books.write(rows := both.rewrap())

    assert {row.owner for row in rows} == {"anna", "bob"}
    assert both.rewrap() == ()
    for vault in (both, books.open(MasterKeys([new]))):
        assert [vault.open(owner, "totp:1", sealed[owner]) for owner in sealed] == [SECRET, SECRET]


def test_nothing_of_a_removed_owner_opens_again_nor_is_anything_sealed_for_it():
    keys, books = master_keys(), Books()
    vault = Vault(keys)
    sealed = books.seal(vault, "anna")
    before = dict(books.rows)
    books.write([vault.forget("anna")])

    for left in (vault, books.open(keys)):
        with pytest.raises(VaultLockedError, match="destroyed"):
            left.open("anna", "totp:1", sealed)
        with pytest.raises(VaultLockedError, match="destroyed"):
            left.seal("anna", "totp:1", SECRET)
    assert before["anna"].wrapped
    assert books.rows["anna"].wrapped == ""


def test_no_secret_shows_in_a_repr():
    keys = master_keys()
    vault = Vault(keys)
    sealed, rows = vault.seal("anna", "totp:1", SECRET)

    assert sealed not in repr((vault, rows))
    assert rows[0].wrapped not in repr((vault, rows))
