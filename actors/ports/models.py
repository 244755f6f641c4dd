"""The promoted models as predictors see them."""

from typing import Protocol

from actors.signal.models.meta import ModelMeta


class Models(Protocol):
    """Trained models, of which one per instrument, interval and kind is promoted."""

    def current(self, instrument_id: str, interval: str, kind: str) -> ModelMeta | None:
        """Return the promoted model; None when there is none."""

    def read(self, meta: ModelMeta, name: str) -> bytes:
        """Return one file of a model.

        Raises:
            ModelError: If it is not there, too large, or not what was saved.
        """

    def version(self) -> int:
        """Return a number that is another one after each promotion and rollback; cheap enough for every bar."""
