"""What the bridge may do with trained models: `ports.ModelKeeper`."""

import asyncio

from actors.ports import Journal
from actors.ports.model_keeper import KeptModel
from actors.signal.models.meta import ModelMeta
from actors.signal.models.registry import ModelRegistry
from config.errors import NotFoundError
from node.training.audit import note_change


class NodeModels:
    """The disk is asked in threads; the registry sees to it that predictors hear of a change at their next bar."""

    def __init__(self, registry: ModelRegistry, journal: Journal | None, *, keep: int) -> None:
        """Use the registry that the predictors read.

        Args:
            registry: Where the models are.
            journal: Keeps who has changed what; None: this node keeps none.
            keep: How many models a cleanup leaves, unless it is told.
        """
        self._registry = registry
        self._journal = journal
        self._keep = keep

    async def models(
        self, instrument_id: str | None = None, interval: str | None = None, kind: str | None = None
    ) -> list[KeptModel]:
        """Return the kept models, newest first; None means all."""
        return await asyncio.to_thread(self._all, instrument_id, interval, kind)

    async def model(self, model_id: str) -> KeptModel:
        """Return one model.

        Raises:
            NotFoundError: If there is none.
            ModelError: If it cannot be trusted.
        """
        return await asyncio.to_thread(lambda: self._kept(self._registry.get(model_id)))

    async def file(self, model_id: str, name: str) -> bytes:
        """Return one file of a model.

        Raises:
            NotFoundError: If there is no such model, or it was kept without this file.
            ModelError: If it cannot be trusted.
        """
        return await asyncio.to_thread(self._file, model_id, name)

    async def promote(self, model_id: str, *, actor: str) -> KeptModel:
        """Have predictors use a model from their next bar on.

        Raises:
            NotFoundError: If there is none.
            ConflictError: If it is not to be promoted; the message says why.
            ModelError: If its files cannot be trusted.
        """
        kept = await asyncio.to_thread(lambda: self._kept(self._registry.promote(model_id)))
        note_change(self._journal, actor, "model.promote", kept.meta.id, **_place(kept.meta))
        return kept

    async def rollback(self, instrument_id: str, interval: str, kind: str, *, actor: str) -> KeptModel:
        """Have predictors use again what was promoted before.

        Raises:
            NotFoundError: If there was none.
            ModelError: If its files cannot be trusted.
        """
        kept = await asyncio.to_thread(lambda: self._kept(self._registry.rollback(instrument_id, interval, kind)))
        note_change(self._journal, actor, "model.rollback", kept.meta.id, **_place(kept.meta))
        return kept

    async def cleanup(self, keep: int | None, *, actor: str) -> list[str]:
        """Delete what is not needed and return the ids; `keep`: None is the configured number.

        Raises:
            ModelError: If another process is writing and does not end.
        """
        removed = await asyncio.to_thread(self._registry.cleanup, self._keep if keep is None else keep)
        note_change(self._journal, actor, "model.cleanup", removed=removed)
        return removed

    def _all(self, *wanted: str | None) -> list[KeptModel]:
        return [self._kept(meta) for meta in self._registry.models(*wanted)]

    def _kept(self, meta: ModelMeta) -> KeptModel:
        return KeptModel(meta=meta, history=self._registry.history(meta.instrument_id, meta.interval, meta.kind))

    def _file(self, model_id: str, name: str) -> bytes:
        meta = self._registry.get(model_id)
        if name not in meta.files:
            raise NotFoundError(f"model {meta.id} was kept without {name}")
        return self._registry.read(meta, name)


def _place(meta: ModelMeta) -> dict[str, str]:
    return {"instrument_id": meta.instrument_id, "interval": meta.interval, "kind": meta.kind}
