"""The kept models as they lie on the disk, believed only as far as they prove to be what was saved."""

import hmac
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter

from actors.signal.models.disk import UNFINISHED, read_file
from actors.signal.models.meta import ModelMeta
from actors.signal.models.promotions import Promotions, decode_promotions
from config.signal_errors import ModelError

log = structlog.get_logger(__name__)

REFUSED = Counter("whisperer_models_refused_total", "Models on the disk that cannot be trusted, each time they are met")

META: Final = "meta.json"
SEAL: Final = "meta.hmac"
CURRENT: Final = "CURRENT"
MOST_META_BYTES: Final = 1_048_576
MOST_FILE_BYTES: Final = 67_108_864

Place = tuple[str, str, str]
"""Instrument id, interval and kind."""

_NAME = re.compile(r"\A[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}\Z")
_MONTH = ("1M", "1mo")
"""Folders of some systems do not tell `1M` from `1m`."""
_decoder = msgspec.json.Decoder(ModelMeta)


class Shelf:
    """Reads one folder of models: `<instrument>/<interval>/<kind>/<id>/`."""

    def __init__(self, root: Path, key: bytes | None = None) -> None:
        """Use a folder, which need not exist; with `key` only what it has sealed is believed."""
        self.root = root
        self._key = key
        self._told: set[Path] = set()

    def slot(self, place: Place) -> Path:
        """Return the folder of the models of an instrument, interval and kind.

        Raises:
            ModelError: If one of these names could lead out of the folder.
        """
        instrument_id, interval, kind = place
        names = (instrument_id, _MONTH[1] if interval == _MONTH[0] else interval, kind)
        if not all(_NAME.match(name) for name in names):
            raise ModelError("models: an instrument, interval or kind has a name that is not allowed")
        return self.root.joinpath(*names)

    def slots(self) -> Iterator[Path]:
        """Yield the folders of every instrument, interval and kind."""
        for instrument in _inside(self.root):
            for interval in _inside(instrument):
                yield from _inside(interval)

    def find(self, model_id: str) -> Path | None:
        """Return the folder of a model; None when there is none."""
        if not _NAME.match(model_id):
            return None
        return next((folder for slot in self.slots() for folder in _inside(slot) if folder.name == model_id), None)

    def meta(self, folder: Path) -> ModelMeta:
        """Return what is known of the model in a folder.

        Raises:
            ModelError: If it cannot be trusted, or belongs elsewhere.
        """
        raw = read_file(self.root, folder / META, MOST_META_BYTES)
        if self._key is not None and not hmac.compare_digest(
            read_file(self.root, folder / SEAL, 64), self.seal(raw, self._key)
        ):
            raise ModelError(f"models: {folder.name} is not sealed with this node's key")
        try:
            meta = _decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
            raise ModelError(f"models: {META} of {folder.name}: {e}") from e
        if self.folder(meta) != folder:
            raise ModelError(f"models: {folder.name} holds what is known of another model")
        return meta

    def trusted(self, folder: Path) -> ModelMeta | None:
        """Return what is known of the model in a folder; None, counted and told once, when it cannot be trusted."""
        try:
            return self.meta(folder)
        except ModelError as e:
            self._refuse(folder, e)
            return None

    def folder(self, meta: ModelMeta) -> Path:
        """Return where a model is."""
        return self.slot((meta.instrument_id, meta.interval, meta.kind)) / meta.id

    def names(self, slot: Path) -> list[str]:
        """Return the ids of the models of a slot, oldest first; those that cannot be trusted before all."""
        metas = {folder.name: self.trusted(folder) for folder in _inside(slot)}
        return sorted(metas, key=lambda name: (0 if (meta := metas[name]) is None else meta.created_ms, name))

    def read(self, meta: ModelMeta, name: str) -> bytes:
        """Return one file of a model.

        Raises:
            ModelError: If it is not there, too large, or not what was saved.
        """
        if name not in meta.files:
            raise ModelError(f"models: {meta.id} has no file {name!r}")
        content = read_file(self.root, self.folder(meta) / name, MOST_FILE_BYTES)
        if not hmac.compare_digest(sha256(content).hexdigest(), meta.files[name]):
            raise ModelError(f"models: {name} of {meta.id} is not what was saved: its SHA-256 differs")
        return content

    def promotions(self, slot: Path) -> Promotions:
        """Return what is promoted, nothing when nothing ever was or the file cannot be trusted."""
        path = slot / CURRENT
        if not path.exists():
            return Promotions()
        try:
            return decode_promotions(read_file(self.root, path, MOST_META_BYTES))
        except (ModelError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
            self._refuse(path, e)
            return Promotions()

    @staticmethod
    def seal(raw: bytes, key: bytes) -> bytes:
        """Return what proves that who has the key has written `raw`."""
        return hmac.new(key, raw, sha256).hexdigest().encode()

    def _refuse(self, path: Path, error: Exception) -> None:
        REFUSED.inc()
        if path not in self._told:
            self._told = {path, *(one for one in self._told if one.exists())}
            log.warning("model_refused", model=path.relative_to(self.root).as_posix(), reason=str(error))


def _inside(folder: Path) -> list[Path]:
    """Return the folders in a folder by name, without links and what is not finished."""
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    return [path for path in found if path.is_dir() and not path.is_symlink() and not path.name.startswith(UNFINISHED)]
