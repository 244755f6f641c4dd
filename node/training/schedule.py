"""Trainings that nobody asks for: again and again, each on the last days of the market."""

import asyncio
import time
from collections.abc import Callable, Iterable

import structlog

from actors.ports.jobs import NODE, TrainingWish
from actors.screening.model import INSTRUMENT_ID, INTERVAL
from actors.screening.model import KIND as ORDER_KIND
from config.errors import ConfigError, ConflictError, NodeError
from config.training import JobKind, TrainedInterval, TrainingSection
from node.training.jobs import TrainingJobs

log = structlog.get_logger(__name__)

LOOK_S = 30.0
"""Between two looks at what is due; the first one comes when the node has had time to start."""
_HOUR_MS = 3_600_000


class Retraining:
    """Begins what is due, one after the other, as jobs of the node."""

    def __init__(
        self,
        section: TrainingSection,
        jobs: TrainingJobs,
        instruments: Iterable[str],
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        look_s: float = LOOK_S,
    ) -> None:
        """Begin nothing yet.

        Args:
            section: `[training]`.
            jobs: Runs them, and remembers when each was begun.
            instruments: Of the node.
            now_ms: Wall clock, UNIX milliseconds.
            look_s: Wall seconds between two looks.

        Raises:
            ConfigError: If the node has no such instrument.
        """
        self._every_ms = None if section.retrain.every_h is None else round(section.retrain.every_h * _HOUR_MS)
        self._jobs, self._now_ms, self._look_s = jobs, now_ms, look_s
        known = tuple(instruments)
        names = section.retrain.instruments or known[:1]
        if missing := set(names) - set(known):
            raise ConfigError(f"training.retrain.instruments: there is no {min(missing)}, there are {', '.join(known)}")
        self._told: set[TrainingWish] = set()
        self.wishes = _wishes(section, names)
        """What is trained."""

    async def run(self) -> None:
        """Look for as long as the process lives; returns at once when nothing is to be trained."""
        while self._every_ms is not None:
            await asyncio.sleep(self._look_s)
            for wish in self.due():
                await self._train(wish)

    def due(self) -> list[TrainingWish]:
        """Return what was begun too long ago, or never to the end that it came to by itself."""
        every_ms, now_ms = self._every_ms, self._now_ms()
        if every_ms is None:
            return []
        return [one for one in self.wishes if now_ms - self._begun_ms(one, now_ms + every_ms) >= every_ms]

    def _begun_ms(self, wish: TrainingWish, believed_ms: int) -> int:
        """Return when it was last begun; a time beyond `believed_ms` was told by a clock that has been set back."""
        place = (wish.instrument_id, wish.interval, wish.model)
        begun = (
            row.created_ms
            for row in self._jobs.jobs(NODE)
            if (row.wish.instrument_id, row.wish.interval, row.wish.model) == place
            and row.code != "shutdown"
            and row.created_ms <= believed_ms
        )
        return max(begun, default=0)

    async def _train(self, wish: TrainingWish) -> None:
        try:
            row = await self._jobs.start(wish, owner=NODE)
        except ConflictError:  # somebody else's training runs: this one is due at the next look, too
            return
        except NodeError as e:
            if wish not in self._told:  # it is tried again, and said once
                self._told.add(wish)
                log.warning("retraining_not_begun", instrument_id=wish.instrument_id, model=wish.model, reason=str(e))
            return
        await self._jobs.ended(row.job_id)


def _wishes(section: TrainingSection, names: Iterable[str]) -> list[TrainingWish]:
    retrain = section.retrain
    bars = [kind for kind in retrain.kinds if kind != ORDER_KIND]
    places: list[tuple[str, TrainedInterval, JobKind]] = [
        (name, section.interval, kind) for name in names for kind in bars
    ]
    if ORDER_KIND in retrain.kinds:
        places.append((INSTRUMENT_ID, INTERVAL, ORDER_KIND))
    return [
        TrainingWish(
            instrument_id=name,
            interval=interval,
            model=kind,
            days=None if kind == ORDER_KIND else retrain.days,
            seed=7,
            promote=retrain.promote,
        )
        for name, interval, kind in places
    ]
