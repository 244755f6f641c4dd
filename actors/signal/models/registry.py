"""Where trained models are kept, and which are promoted.

Everything here waits for the disk: on the loop call `current`, `read` and `version` alone. Several processes may use
one folder; what one of them promotes, the others see at their next question.
"""

import os
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec
import structlog

from actors.signal.models.disk import locked, remove_folder, remove_unfinished, replace_file, write_folder
from actors.signal.models.meta import ModelMeta
from actors.signal.models.promotions import Promotion, removable
from actors.signal.models.shelf import CURRENT, META, MOST_FILE_BYTES, MOST_META_BYTES, SEAL, Place, Shelf
from config.errors import ConflictError, NotFoundError
from config.signal_errors import ModelError

log = structlog.get_logger(__name__)

KEEP: Final = 3
_CHANGED = "CHANGED"
"""Written after each change, for other processes to see."""


def new_model_id(kind: str) -> str:
    """Return an id that no other model has; those of one kind sort by time."""
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


class ModelRegistry:
    """Implements `ports.Models` on a folder."""

    def __init__(self, folder: Path, key: bytes | None = None) -> None:
        """Use a folder, which need not exist.

        Args:
            folder: Where models are.
            key: Seals what is saved, and only what it has sealed is believed; None: hashes alone.
        """
        self.folder = folder
        self._key = key
        self._shelf = Shelf(folder, key)
        self._changed = str(folder / _CHANGED)
        self._changes = 0
        self._seen: tuple[int, dict[Place, ModelMeta | None]] = (-1, {})

    def version(self) -> int:
        """Return a number that is another one after each promotion and rollback, also one of another process."""
        try:
            found = os.stat(self._changed)  # noqa: PTH116  # for every bar: a quarter of the time
        except OSError:
            return self._changes
        return (found.st_ino << 64) + found.st_mtime_ns + self._changes  # two changes may have the same time

    def current(self, instrument_id: str, interval: str, kind: str) -> ModelMeta | None:
        """Return the promoted model; None when there is none, or what is known of it cannot be trusted."""
        version, place = self.version(), (instrument_id, interval, kind)
        if self._seen[0] != version:
            self._seen = (version, {})
        found = self._seen[1]
        if place not in found:
            slot = self._shelf.slot(place)
            model_id = self._shelf.promotions(slot).id
            found[place] = None if model_id is None else self._shelf.trusted(slot / model_id)
        return found[place]

    def read(self, meta: ModelMeta, name: str) -> bytes:
        """Return one file of a model.

        Raises:
            ModelError: If it is not there, too large, or not what was saved.
        """
        return self._shelf.read(meta, name)

    def save(self, meta: ModelMeta, files: Mapping[str, bytes]) -> ModelMeta:
        """Keep a model, which is not promoted yet; return what is known of it, with its files.

        Raises:
            ModelError: If a part of `meta` or a file's name or size is not allowed, or the disk refuses.
            ConflictError: If there is one with its id.
        """
        meta = msgspec.structs.replace(meta, files={name: sha256(files[name]).hexdigest() for name in sorted(files)})
        raw = _encoded(meta)
        if any(len(content) > MOST_FILE_BYTES for content in files.values()) or {META, SEAL} & files.keys():
            raise ModelError(f"models: {meta.id} has a file that is too large, or named {META} or {SEAL}")
        seal = {} if self._key is None else {SEAL: Shelf.seal(raw, self._key)}
        with locked(self.folder):
            if self._shelf.find(meta.id) is not None:
                raise ConflictError(f"there is a model {meta.id} already")
            write_folder(self._shelf.folder(meta), {**files, META: raw, **seal})
        log.info("model_saved", model=meta.id, instrument_id=meta.instrument_id, interval=meta.interval)
        return meta

    def models(
        self, instrument_id: str | None = None, interval: str | None = None, kind: str | None = None
    ) -> list[ModelMeta]:
        """Return the kept models, newest first; None means all. Those that cannot be trusted are left out."""
        asked = (instrument_id, interval, kind)
        metas = [self._shelf.trusted(slot / name) for slot in self._shelf.slots() for name in self._shelf.names(slot)]
        found = [
            meta
            for meta in metas
            if meta is not None and all(want in {None, has} for want, has in zip(asked, _place(meta), strict=True))
        ]
        return sorted(found, key=lambda meta: (meta.created_ms, meta.id), reverse=True)

    def get(self, model_id: str) -> ModelMeta:
        """Return one model.

        Raises:
            NotFoundError: If there is none.
            ModelError: If what is known of it cannot be trusted.
        """
        folder = self._shelf.find(model_id)
        if folder is None:
            raise NotFoundError(f"no model {model_id[:64]!r}")
        return self._shelf.meta(folder)

    def promote(self, model_id: str, *, force: bool = False) -> ModelMeta:
        """Have predictors use a model from their next bar on; `force`: also one that proved no better than the present.

        Raises:
            NotFoundError: If there is none.
            ConflictError: If it is not to be promoted; the message says why.
            ModelError: If its files cannot be trusted.
        """
        with locked(self.folder):
            meta = self.get(model_id)
            if not meta.is_promotable and not force:
                raise ConflictError(f"{meta.id} is not to be promoted: {meta.reason or 'nothing speaks for it'}")
            self._change(meta, "promote")
        return meta

    def rollback(self, instrument_id: str, interval: str, kind: str) -> ModelMeta:
        """Have predictors use again what was promoted before the present model, or before that if it is not kept.

        Raises:
            NotFoundError: If there was none.
            ModelError: If its files cannot be trusted.
        """
        slot = self._shelf.slot((instrument_id, interval, kind))
        with locked(self.folder):
            kept = set(self._shelf.names(slot))
            earlier = [name for name in self._shelf.promotions(slot).stack[:-1] if name in kept]
            if not earlier:
                raise NotFoundError(f"no earlier {kind} model of {instrument_id} at {interval} is kept")
            meta = self._shelf.meta(slot / earlier[-1])
            self._change(meta, "rollback")
        return meta

    def history(self, instrument_id: str, interval: str, kind: str) -> tuple[Promotion, ...]:
        """Return the changes of the promoted model, oldest first; up to 200."""
        return self._shelf.promotions(self._shelf.slot((instrument_id, interval, kind))).history

    def cleanup(self, keep: int = KEEP) -> list[str]:
        """Delete what is not needed; return the ids.

        Of each instrument, interval and kind stay the promoted model, `keep` promoted before it and the `keep` newest
        that never were.

        Raises:
            ModelError: If another process is writing and does not end.
        """
        removed: list[str] = []
        with locked(self.folder):
            remove_unfinished(self.folder)
            for slot in self._shelf.slots():
                remove_unfinished(slot)
                gone = removable(self._shelf.promotions(slot), self._shelf.names(slot), keep)
                for name in gone:
                    remove_folder(slot / name)
                removed += gone
        return removed

    def _change(self, meta: ModelMeta, action: Literal["promote", "rollback"]) -> None:
        for name in meta.files:
            self._shelf.read(meta, name)
        slot = self._shelf.slot(_place(meta))
        change = Promotion(meta.id, action, time.time_ns() // 1_000_000)
        replace_file(slot / CURRENT, msgspec.json.encode(self._shelf.promotions(slot).changed(change)))
        replace_file(self.folder / _CHANGED, meta.id.encode())
        self._changes += 1
        log.info("model_promoted", model=meta.id, action=action, instrument_id=meta.instrument_id)


def _place(meta: ModelMeta) -> Place:
    return meta.instrument_id, meta.interval, meta.kind


def _encoded(meta: ModelMeta) -> bytes:
    """Return the bytes of `meta.json`.

    Raises:
        ModelError: If they could not be read again.
    """
    try:
        raw = msgspec.json.format(msgspec.json.encode(meta))
        msgspec.json.decode(raw, type=ModelMeta)
    except (msgspec.MsgspecError, TypeError) as e:
        raise ModelError(f"models: {e}") from e
    if len(raw) > MOST_META_BYTES:
        raise ModelError(f"models: what is known of {meta.id} takes {len(raw)} bytes, {MOST_META_BYTES} are allowed")
    return raw
