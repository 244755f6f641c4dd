"""The vault: seals an owner's secrets, so that each opens for its owner, in its place, and nowhere else.

A master key seals one data key per owner, a data key seals the owner's secrets (AES-256-GCM). Owner and kind are bound
into each seal: a row put in another's place does not open. Without the data key nothing of an owner opens ever again.
"""

import base64
import binascii
import os
from collections.abc import Iterable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from actors.auth.master_keys import MasterKeys
from actors.ports.person_rows import DataKeyRow
from config.errors import ConfigError

NODE = "node"
"""Owner of what belongs to nobody: the keys that tokens are signed with."""
_FORM = "v1."
_NONCE_BYTES, _TAG_BYTES, _KEY_BITS = 12, 16, 256


class VaultLockedError(ConfigError):
    """Something sealed that does not open: another master key, a row that was changed or moved, a removed owner."""


class Vault:
    """Seals and opens; the one owner of the data keys. Rows that it returns must be written by the caller."""

    def __init__(self, keys: MasterKeys, rows: Iterable[DataKeyRow] = ()) -> None:
        """Take the data keys that were kept.

        Raises:
            VaultLockedError: If one is sealed with a master key that was not given.
        """
        self._keys = keys
        self._rows = {row.owner: row for row in rows}
        self._made: set[str] = set()
        """Owners whose data key was made since the start: whether it is on the disk only the caller knows."""
        for row in self._rows.values():
            if row.wrapped:
                self._master(row)

    def seal(self, owner: str, kind: str, plain: bytes) -> tuple[str, tuple[DataKeyRow, ...]]:
        """Seal a secret.

        Args:
            owner: A user id, or `NODE`.
            kind: What it is and of what, for example `totp:<factor id>`; needed again to open it.
            plain: The secret.

        Returns:
            Printable text, and the rows to write in the same transaction: the owner's data key unless it was loaded.

        Raises:
            VaultLockedError: If the owner was removed or its data key does not open.
        """
        row = self._rows.get(owner)
        if row is None:
            row = self._rows[owner] = self._wrap(owner, AESGCM.generate_key(_KEY_BITS))
            self._made.add(owner)
        sealed = _FORM + _encrypt(self._data_key(row), plain, _bound("secret", owner, kind))
        return sealed, ((row,) if owner in self._made else ())

    def open(self, owner: str, kind: str, sealed: str) -> bytes:
        """Return a secret.

        Raises:
            VaultLockedError: If it does not open for this owner and kind.
        """
        row = self._rows.get(owner)
        if row is None:
            raise VaultLockedError(f"nothing was ever sealed for {owner}")
        if not sealed.startswith(_FORM):
            raise VaultLockedError(f"{kind} of {owner} does not open: it is not sealed")
        plain = _decrypt(self._data_key(row), sealed.removeprefix(_FORM), _bound("secret", owner, kind))
        if plain is None:
            raise VaultLockedError(f"{kind} of {owner} does not open: it was changed, or is not in its place")
        return plain

    def forget(self, owner: str) -> DataKeyRow:
        """Destroy an owner's data key: nothing sealed for it opens from now on, and nothing can be sealed."""
        self._made.discard(owner)
        row = DataKeyRow(owner=owner, master_id=self._keys.current_id, wrapped="")
        self._rows[owner] = row
        return row

    def rewrap(self) -> tuple[DataKeyRow, ...]:
        """Seal the data keys that an older master key seals with the newest; the older one is needed no more then.

        Raises:
            VaultLockedError: If one does not open; nothing is changed then.
        """
        old = [row for row in self._rows.values() if row.wrapped and row.master_id != self._keys.current_id]
        rows = tuple(self._wrap(row.owner, self._data_key(row)) for row in old)
        self._rows.update((row.owner, row) for row in rows)
        return rows

    def __repr__(self) -> str:
        return f"Vault({len(self._rows)} owners)"

    def _wrap(self, owner: str, data_key: bytes) -> DataKeyRow:
        master_id = self._keys.current_id
        wrapped = _encrypt(self._keys.current, data_key, _bound("data key", owner, master_id))
        return DataKeyRow(owner=owner, master_id=master_id, wrapped=wrapped)

    def _data_key(self, row: DataKeyRow) -> bytes:
        if not row.wrapped:
            raise VaultLockedError(f"the secrets of {row.owner} were destroyed when it was removed")
        data_key = _decrypt(self._master(row), row.wrapped, _bound("data key", row.owner, row.master_id))
        if data_key is None:
            raise VaultLockedError(f"the data key of {row.owner} does not open: it was changed, or is another's")
        return data_key

    def _master(self, row: DataKeyRow) -> bytes:
        key = self._keys.get(row.master_id)
        if key is None:
            raise VaultLockedError(
                f"master key {row.master_id} was not given, and secrets of {row.owner} are sealed with it; "
                f"given: {', '.join(self._keys)}"
            )
        return key


def _bound(*parts: str) -> bytes:
    """Return what a seal is bound to; as a list, so that no two differ only in where a part ends."""
    return msgspec.json.encode(("whisperer", 1, *parts))


def _encrypt(key: bytes, plain: bytes, bound: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, plain, bound)).decode()


def _decrypt(key: bytes, sealed: str, bound: bytes) -> bytes | None:
    try:
        data = base64.b64decode(sealed, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) < _NONCE_BYTES + _TAG_BYTES:
        return None
    try:
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], bound)
    except InvalidTag:
        return None
