"""File: scores that another program writes, one file per instrument, `<folder>/<instrument id>.json` or `.csv`.

A bar gets the newest score that was known when it closed, by the time that the file gives it, unless that is older than
`max_age_s` then. So a file that is only added to gives a backtest what it gave live, as long as a score is written
`poll_s` before the bar that it is meant for; of a file that holds nothing but the newest score a backtest sees that one
alone. Live the file is read beside the bars, in a thread; a backtest reads it once, before the first bar.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, override

import structlog
from msgspec import Meta
from prometheus_client import Counter

from actors.messages import Prediction
from actors.signal.models.disk import read_file
from actors.signal.predictor import MarketView, Predictor, PredictorContext, predictors
from actors.signal.scores.table import MOST_BYTES, Scale, ScoreTable, read_scores
from config.fields import Config, Seconds
from config.signal_errors import ModelError

log = structlog.get_logger(__name__)

REFUSED = Counter("whisperer_score_files_refused_total", "Score files that could not be used; the scores before stay")

_NS = 1_000_000_000
_NAME = "file"


class FileParams(Config, frozen=True, kw_only=True):
    """Where the scores are."""

    folder: Annotated[str, Meta(max_length=1_000)] = ""
    """A relative one starts from where the command runs; empty: there are no scores."""
    scale: Scale = "score"
    """`score`: -1..1; `probability`: 0..1; `percent`: 0..100."""
    max_age_s: Seconds = 300.0
    """Older scores are refused."""
    poll_s: Annotated[float, Meta(ge=0.05, le=60.0)] = 2.0
    """How often a running node looks whether the file has changed."""


@predictors.register(_NAME)
class File(Predictor):
    """Says what a file says."""

    name = _NAME
    params_type = FileParams
    default_weight = 0.0

    def __init__(self, params: FileParams | None = None) -> None:
        super().__init__(params)
        self._folder = Path(self.params.folder)
        self._max_age_ns = int(self.params.max_age_s * _NS)
        self._table = ScoreTable([])
        self._file = ""
        self._seen: tuple[int, ...] = ()
        self._is_open = False
        self.why = "no folder of scores is configured"

    @override
    def open(self, context: PredictorContext) -> None:
        super().open(context)
        if not self.params.folder or not context.instrument_id:
            return
        self._is_open = True
        self.why = f"no scores for {context.instrument_id}"
        if context.background is None:
            self._look()
        else:
            context.background.start(f"scores of {context.instrument_id}", self._follow())

    @override
    def close(self) -> None:
        self._is_open = False

    @override
    def is_able(self) -> bool:
        return len(self._table) > 0

    @override
    def predict(self, view: MarketView) -> Prediction | None:
        found = self._table.at(view.ts_event)
        if found is None:
            self.why = "no score was known yet"
            return None
        age_ns = view.ts_event - found.ts_ns
        if age_ns > self._max_age_ns:
            self.why = f"the newest score is older than {self.params.max_age_s:g} s"
            return None
        reasons = (f"another program's score, {age_ns // _NS} s old",)
        at = datetime.fromtimestamp(found.ts_ns / _NS, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = found.score, found.confidence, reasons, found.ts_ns
        return Prediction(_NAME, *said, model=f"{self._file}@{at}")

    async def _follow(self) -> None:
        while self._is_open:
            await asyncio.to_thread(self._look)
            await asyncio.sleep(self.params.poll_s)

    def _look(self) -> None:
        """Take what the file has, if it has changed; one that cannot be used changes nothing."""
        path = self._path()
        try:
            about = path.stat(follow_symlinks=False)
        except OSError:
            return
        seen = (about.st_mtime_ns, about.st_ctime_ns, about.st_size, about.st_ino)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            raw = read_file(self._folder, path, MOST_BYTES)
            self._table = read_scores(raw, "json" if path.suffix == ".json" else "csv", self.params.scale)
            self._file = path.name
        except ModelError as e:
            REFUSED.inc()
            log.warning("scores_refused", file=str(path), reason=str(e))

    def _path(self) -> Path:
        """Return the file of the instrument, whose id is one that the node knows: it leads out of no folder."""
        name = f"{self.context.instrument_id}.csv"
        path = self._folder / name
        return path if path.exists() else path.with_name(f"{self.context.instrument_id}.json")
