"""Trained models as people see them: what is kept, which is promoted, and changing that."""

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct

from actors.signal.models.meta import ModelMeta
from actors.signal.models.promotions import Promotion

ModelState = Literal["promoted", "earlier", "candidate"]
"""`promoted`: predictors use it; `earlier`: they did, a rollback may return to it; `candidate`: never promoted."""


class KeptModel(Struct, frozen=True, kw_only=True):
    """One model, and what stands about promotions of its instrument, interval and kind."""

    meta: ModelMeta
    history: Sequence[Promotion]
    """Oldest first."""

    @property
    def state(self) -> ModelState:
        """Whether predictors use it."""
        if self.history and self.history[-1].id == self.meta.id:
            return "promoted"
        return "earlier" if any(change.id == self.meta.id for change in self.history) else "candidate"


class ModelKeeper(Protocol):
    """Reads and changes what is kept without holding the loop; every change stands in the audit log."""

    async def models(
        self, instrument_id: str | None = None, interval: str | None = None, kind: str | None = None
    ) -> list[KeptModel]:
        """Return the kept models, newest first; None means all."""

    async def model(self, model_id: str) -> KeptModel:
        """Return one model.

        Raises:
            NotFoundError: If there is none.
            ModelError: If it cannot be trusted.
        """

    async def file(self, model_id: str, name: str) -> bytes:
        """Return one file of a model.

        Raises:
            NotFoundError: If there is no such model, or it was kept without this file.
            ModelError: If it cannot be trusted.
        """

    async def promote(self, model_id: str, *, actor: str) -> KeptModel:
        """Have predictors use a model from their next bar on.

        Raises:
            NotFoundError: If there is none.
            ConflictError: If it is not to be promoted; the message says why.
            ModelError: If its files cannot be trusted.
        """

    async def rollback(self, instrument_id: str, interval: str, kind: str, *, actor: str) -> KeptModel:
        """Have predictors use again what was promoted before.

        Raises:
            NotFoundError: If there was none.
            ModelError: If its files cannot be trusted.
        """

    async def cleanup(self, keep: int | None, *, actor: str) -> list[str]:
        """Delete what is not needed and return the ids; `keep`: None is the configured number.

        Raises:
            ModelError: If another process is writing and does not end.
        """
