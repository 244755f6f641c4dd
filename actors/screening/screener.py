"""Judges orders: market once per symbol, features, the promoted model, a verdict for each in its place."""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct
from msgspec.structs import replace
from prometheus_client import Counter, Histogram

from actors.ports.models import Models
from actors.screening.candidate import NAMES, Candidate
from actors.screening.model import OrderModel
from actors.screening.prices import Prices
from actors.screening.remembered import Remembered
from actors.screening.thresholds import Thresholds
from actors.screening.verdict import Recommendation, ScreeningCounts, Snapshot, Verdict
from actors.signal.models.calibration import calibrated
from actors.signal.models.promoted import Loaded
from actors.signal.models.trees import Trees
from actors.signal.option_orders import OptionOrder, risk_reward
from actors.signal.order_features import OrderMarket, order_vector
from actors.signal.session import Session
from config.errors import InvalidInputError, NodeError
from config.screening import ScreeningSection

SIMULATED = "mock"
"""What a simulated market is called in answers."""
Vector = tuple[float, ...]
Seen = Snapshot | NodeError

log = structlog.get_logger(__name__)
_verdicts = Counter("whisperer_screened_orders_total", "Judged orders", ["strategy", "verdict"])
_latency = Histogram(
    "whisperer_screening_seconds",
    "One batch of orders, from its arrival to its verdicts",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 2.0),
)


class _Chance(Struct, frozen=True):
    """What came of asking the model."""

    probability: float | None
    features: int
    why: str = ""


class Screener:
    """Implements `ports.Screening`; plain, one per process."""

    def __init__(
        self,
        section: ScreeningSection,
        prices: Prices,
        models: Models | None,
        *,
        now_ns: Callable[[], int],
        record: Callable[[Sequence[Verdict]], None],
    ) -> None:
        """Prepare.

        Args:
            section: Thresholds, lifetimes.
            prices: The market.
            models: Where the promoted model is.
            now_ns: Market time.
            record: Told of all verdicts.

        Raises:
            ConfigError: If thresholds or session cannot be used.
        """
        self._section, self._prices, self._now_ns, self._record = section, prices, now_ns, record
        self._model = OrderModel(models, section)
        self._thresholds = Thresholds(section)
        self._session = None if section.session is None else Session.from_text(section.session)
        most = section.max_entries
        self._vectors: Remembered[tuple[OptionOrder, OrderMarket], Vector] = Remembered(
            "features", section.features_s, most, now_ns
        )
        self._chances: Remembered[tuple[str, Vector], float] = Remembered(
            "predictions", section.predictions_s, most, now_ns
        )

    @property
    def model(self) -> str | None:
        """Id of the model in use; None: there is none, and every order is abstained from."""
        loaded = self._model.look()
        return None if loaded is None else loaded.meta.id

    def counts(self) -> ScreeningCounts:
        """Return how the caches did."""
        return ScreeningCounts(
            feature_hits=self._vectors.hits,
            feature_misses=self._vectors.misses,
            prediction_hits=self._chances.hits,
            prediction_misses=self._chances.misses,
        )

    async def snapshot(self, symbol: str) -> Snapshot:
        """Return the market of a symbol, as orders are judged by it.

        Raises:
            UnknownInstrumentError: If no instrument has it.
            VenueUnavailableError: If there is no price.
        """
        return await self._prices.snapshot(symbol)

    async def screen(self, candidates: Sequence[Candidate], owner: str = "") -> list[Verdict]:
        """Return a verdict for each order, in their order; what cannot be judged is abstained from, alone.

        Args:
            candidates: The orders.
            owner: Who asks; empty: they came from the node's own source.
        """
        started = time.perf_counter()
        symbols = list({one.symbol.upper(): None for one in candidates})
        seen = dict(zip(symbols, await asyncio.gather(*map(self._seen, symbols)), strict=True))
        loaded = self._model.look()
        judged = [(one, seen[one.symbol.upper()]) for one in candidates]
        now_ns = self._now_ns()
        found = [(one, at, self._chance(one, at, loaded, now_ns)) for one, at in judged]
        seconds = time.perf_counter() - started
        made = [self._verdict(*one, loaded, now_ns=now_ns, seconds=seconds) for one in found]
        verdicts = [replace(one, owner=owner) for one in made] if owner else made
        _latency.observe(seconds)
        for verdict in verdicts:
            told = "abstained" if verdict.probability is None else verdict.recommendation.lower()
            _verdicts.labels(NAMES[verdict.candidate.kind], told).inc()
        self._record(verdicts)
        return verdicts

    async def _seen(self, symbol: str) -> Seen:
        try:
            return await self._prices.snapshot(symbol)
        except NodeError as e:
            return e

    def _chance(self, candidate: Candidate, seen: Seen, loaded: Loaded[Trees] | None, now_ns: int) -> _Chance:
        why = self._objection(candidate, seen)
        if why is not None or isinstance(seen, NodeError):
            return _Chance(None, 0, why or "")
        if loaded is None:
            return _Chance(None, 0, self._model.why)
        order = candidate.order(seen.market.price, now_ns)
        key = (order, seen.market)
        vector = self._vectors.get(key)
        if vector is None:
            vector = self._vectors.put(key, order_vector(order, seen.market, self._session))
        asked = (loaded.meta.id, vector)
        probability = self._chances.get(asked)
        if probability is None:
            raw = loaded.model.predict(vector)
            probability = self._chances.put(asked, calibrated(raw, loaded.meta.calibration))
        return _Chance(probability, len(vector))

    def _objection(self, candidate: Candidate, seen: Seen) -> str | None:
        """Return why an order cannot be judged, whatever the model."""
        if candidate.kind == "unknown":
            return f"unknown strategy {candidate.strategy[:40]!r}"
        if isinstance(seen, NodeError):
            return f"no market data: {seen}"
        if seen.source == SIMULATED and self._section.refuse_simulated:
            return "prices are simulated, which `screening.refuse_simulated` forbids"
        return None

    def _verdict(
        self,
        candidate: Candidate,
        seen: Seen,
        chance: _Chance,
        loaded: Loaded[Trees] | None,
        *,
        now_ns: int,
        seconds: float,
    ) -> Verdict:
        threshold = self._thresholds.of(candidate.symbol, candidate.kind)
        p, limit = chance.probability, self._section.execute_above
        is_execute = p is not None and p > limit
        if p is None:
            reasons: tuple[str, ...] = (chance.why,)
        else:
            word = "above" if is_execute else "not above"
            reasons = (f"win probability {p:.4f} is {word} {limit:g}", f"threshold {threshold:g}")
        recommendation: Recommendation = "EXECUTE" if is_execute else "SKIP"
        risk, reward = odds(candidate)
        return Verdict(
            candidate=candidate,
            ts=now_ns,
            probability=p,
            threshold=threshold,
            recommendation=recommendation,
            reasons=reasons,
            snapshot=None if isinstance(seen, NodeError) else seen,
            risk=risk,
            reward=reward,
            model="" if loaded is None else loaded.meta.id,
            features=chance.features,
            seconds=seconds,
        )


def odds(candidate: Candidate) -> tuple[float | None, float | None]:
    """Return what an order may lose (zero or negative) and win: as it says, else worked out; None: not known."""
    risk = None if candidate.risk is None else -abs(candidate.risk)
    if risk is not None and candidate.reward is not None:
        return risk, candidate.reward
    if candidate.premium is None:
        return risk, candidate.reward
    try:
        worked_out = risk_reward(candidate.order(1.0, 0))
    except InvalidInputError:
        return risk, candidate.reward
    return (
        worked_out.risk if risk is None else risk,
        worked_out.reward if candidate.reward is None else candidate.reward,
    )
