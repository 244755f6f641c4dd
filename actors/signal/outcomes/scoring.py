"""How good predictions were: accuracy with its interval, Brier score and calibration, beside the baseline."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt

from actors.ports.analyses import Tally
from actors.wire_predictions import AccuracyBody, AccuracyPoint, CalibrationBin

Z95 = 1.959964
_MS = 1_000_000


def wilson(right: float, count: float, z: float = Z95) -> tuple[float, float]:
    """Return the score interval of a share (Wilson 1927); 0 and 1 of nothing."""
    if count <= 0.0:
        return 0.0, 1.0
    share = right / count
    middle = share + z * z / (2.0 * count)
    spread = z * sqrt(share * (1.0 - share) / count + z * z / (4.0 * count * count))
    scale = 1.0 + z * z / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def accuracies(tallies: Iterable[Tally], bucket_ns: int) -> list[AccuracyBody]:
    """Return one entry per predictor, stream and sample, live ones first; `bucket_ns` is the width of their buckets."""
    groups: defaultdict[tuple[bool, str, str, str], list[Tally]] = defaultdict(list)
    for tally in tallies:
        groups[tally.backfilled, tally.instrument_id, tally.interval, tally.predictor].append(tally)
    return [_accuracy(groups[key], bucket_ns) for key in sorted(groups)]


class _Sums:
    """What a number of tallies have in common."""

    def __init__(self, tallies: Sequence[Tally]) -> None:
        self.told = [one for one in tallies if one.state == "known" and one.stance in {"up", "down"}]
        self.count = sum(one.count for one in self.told)
        self.right = sum(one.ups if one.stance == "up" else one.count - one.ups for one in self.told)
        self.ups = sum(one.ups for one in self.told)
        self.net = sum(one.net for one in self.told)
        slots = sum(one.count for one in tallies if one.state == "known")
        bars = sum(one.bars for one in tallies if one.state == "known")
        self.effective = min(float(self.count), slots * slots / bars) if bars else 0.0
        """Every bar has a row: so many spans of the mean length follow one another in them."""

    def interval(self) -> tuple[float, float]:
        return wilson(self.right / self.count * self.effective if self.count else 0.0, self.effective)


def _accuracy(tallies: Sequence[Tally], bucket_ns: int) -> AccuracyBody:
    first, sums = tallies[0], _Sums(tallies)
    scored = [one for one in tallies if one.state == "known" and one.stance != "abstained"]
    count, ups = sum(one.count for one in scored), sum(one.ups for one in scored)
    low, high = sums.interval()
    baseline = max(sums.ups, sums.count - sums.ups) / sums.count if sums.count else None
    verdict = "unclear" if baseline is None or low <= baseline <= high else "better" if low > baseline else "worse"
    return AccuracyBody(
        instrument_id=first.instrument_id,
        interval=first.interval,  # type: ignore[arg-type]  # checked where it was made
        predictor=first.predictor,
        sample="history" if first.backfilled else "live",
        count=sums.count,
        effective_count=round(sums.effective, 1),
        accuracy=sums.right / sums.count if sums.count else None,
        low=low if sums.count else None,
        high=high if sums.count else None,
        baseline=baseline,
        verdict=verdict,  # type: ignore[arg-type]  # one of three literals
        brier=sum(one.squares for one in scored) / count if count else None,
        brier_baseline=ups / count * (1.0 - ups / count) if count else None,
        net_return=sums.net / sums.count if sums.count else None,
        neutral=_number(tallies, stance="neutral"),
        abstained=_number(tallies, stance="abstained"),
        open=_number(tallies, state="open"),
        unresolved=_number(tallies, state="unresolved"),
        unjudged=_number(tallies, state="unjudged"),
        calibration=_calibration(scored, sums.effective / sums.count if sums.count else 1.0),
        over_time=_over_time(tallies, bucket_ns),
    )


def _number(tallies: Sequence[Tally], *, stance: str | None = None, state: str | None = None) -> int:
    return sum(one.count for one in tallies if stance in {None, one.stance} and state in {None, one.state})


def _calibration(scored: Sequence[Tally], share: float) -> tuple[CalibrationBin, ...]:
    """Return the tenths in which there is something; `share` of them counts as independent."""
    bins: defaultdict[int, list[Tally]] = defaultdict(list)
    for one in scored:
        bins[one.bin].append(one)
    found = []
    for tenth, inside in sorted(bins.items()):
        count, ups = sum(one.count for one in inside), sum(one.ups for one in inside)
        low, high = wilson(ups * share, count * share)
        found.append(
            CalibrationBin(
                low=tenth / 10,
                high=(tenth + 1) / 10,
                count=count,
                predicted=sum(one.probability for one in inside) / count,
                observed=ups / count,
                observed_low=low,
                observed_high=high,
            )
        )
    return tuple(found)


def _over_time(tallies: Sequence[Tally], bucket_ns: int) -> tuple[AccuracyPoint, ...]:
    buckets: defaultdict[int, list[Tally]] = defaultdict(list)
    for one in tallies:
        buckets[one.bucket].append(one)
    points = []
    for bucket, inside in sorted(buckets.items()):
        sums = _Sums(inside)
        if sums.count:
            low, high = sums.interval()
            points.append(
                AccuracyPoint(
                    ts=bucket * bucket_ns // _MS,
                    count=sums.count,
                    accuracy=sums.right / sums.count,
                    low=low,
                    high=high,
                )
            )
    return tuple(points)
