"""Sources that start in the shadow (`llm`, `http`, `file`): no weight before enough of their outcomes are scored."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from msgspec.structs import replace

from actors.ports.running_settings import ShadowSource
from actors.signal.predictor import predictors
from config.errors import NotReadyError, StoreUnavailableError
from config.settings import ChosenSettings, set_in
from config.signal_errors import UnprovenError
from config.signals import PredictorConfig, SignalConfig

NEEDED: Final = 200
"""Outcomes, of all streams in which the source votes together."""


class Outcomes(Protocol):
    """The part of the store of analyses that counts them."""

    async def scored(self, predictor: str, most: int) -> int:
        """Return how many live predictions of a direction have a known outcome, `most` at most."""


class Shadow:
    """Decides what weight such a source may have; that a predictor is one is told by its own weight of 0."""

    def __init__(self, sections: Sequence[SignalConfig], outcomes: Outcomes | None) -> None:
        """Take `[[signals]]` as the file has them, and who counts; None: this node scores nothing."""
        voters = [one for section in sections for one in section.predictors]
        self.names: tuple[str, ...] = tuple(
            name for name in dict.fromkeys(one.name for one in voters) if predictors.get(name).default_weight <= 0.0
        )
        """Every source that starts in the shadow."""
        self._doubted = {one.name for one in voters if one.name in self.names and not one.trusted}
        self._outcomes = outcomes

    def held(self, section: SignalConfig, proven: Collection[str]) -> SignalConfig:
        """Return a stream's section with the weights at 0 of those who may have none yet."""
        return replace(section, predictors=tuple(self._held(one, proven) for one in section.predictors))

    def waiting(
        self, sections: Sequence[SignalConfig], settings: ChosenSettings, proven: Collection[str]
    ) -> Sequence[str]:
        """Return the sources whose weight is held at 0 somewhere."""
        voters = {one.name: one for section in sections for one in set_in(section, settings).predictors if one.weight}
        return [name for name, one in voters.items() if self._held(one, proven) is not one]

    async def proven_by(self, changes: Mapping[str, Any], proven: Collection[str]) -> frozenset[str]:
        """Return who has proven enough once a change of settings is made.

        Raises:
            UnprovenError: If it gives a weight to a source too few of whose outcomes are scored.
            NotReadyError: If this node scores no outcomes.
            StoreUnavailableError: If they cannot be counted now.
        """
        found = set(proven)
        for name, change in (changes.get("predictors") or {}).items():
            if name in self._doubted and name not in found and change and change.get("weight"):
                await self._check(name)
                found.add(name)
        return frozenset(found)

    async def is_enough(self, name: str) -> bool:
        """Return whether enough outcomes of a source are scored."""
        return self._outcomes is not None and await self._outcomes.scored(name, NEEDED) >= NEEDED

    async def told(self, waiting: Collection[str], proven: Collection[str]) -> Sequence[ShadowSource]:
        """Return how far each source is that nobody answers for."""
        return [
            ShadowSource(
                name=name,
                scored=await self._scored(name),
                needed=NEEDED,
                is_proven=name in proven,
                is_held=name in waiting,
            )
            for name in self.names
            if name in self._doubted
        ]

    def _held(self, config: PredictorConfig, proven: Collection[str]) -> PredictorConfig:
        is_free = config.trusted or config.name not in self.names or config.name in proven
        return config if is_free or not config.weight else replace(config, weight=0.0)

    async def _check(self, name: str) -> None:
        path = f"$.predictors.{name}.weight"
        if self._outcomes is None:
            raise NotReadyError(
                f"{name}: this node scores no outcomes (analyses.enabled), its weight stays 0", path=path
            )
        scored = await self._outcomes.scored(name, NEEDED)
        if scored < NEEDED:
            raise UnprovenError(
                f"{name}: {scored} of {NEEDED} outcomes are scored; a weight above 0 needs {NEEDED - scored} more",
                path=path,
            )

    async def _scored(self, name: str) -> int | None:
        if self._outcomes is None:
            return None
        try:
            return await self._outcomes.scored(name, NEEDED)
        except StoreUnavailableError:
            return None
