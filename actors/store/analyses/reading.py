"""Questions to the file of analyses; each runs in a reader's thread."""

import sqlite3

import msgspec

from actors.messages import Signal
from actors.ports.analyses import FeedbackSum, OpenAnalysis, PredictionRow, Sampled, Span, Stance, Tally, Targets
from actors.store.analyses.rows import SIGNAL_COLUMNS, signal_of

_NEWEST = "ORDER BY a.ts_bar DESC, a.instrument_id DESC, a.interval DESC"
_PREDICTION_COLUMNS = ", ".join(
    f"{'p' if name in {'predictor', 'stance', 'probability', 'confidence'} else 'a'}.{name}"
    for name in PredictionRow.__struct_fields__
)
_STATE = (
    "CASE WHEN a.upper IS NULL THEN 'unjudged' WHEN a.outcome IS NULL THEN 'open'"
    " WHEN a.label IS NULL THEN 'unresolved' ELSE 'known' END"
)
_FEATURES = (
    "SELECT ts_bar, features, score FROM analyses WHERE instrument_id = ? AND interval = ?"
    " AND feature_schema = ? AND features != '[]' ORDER BY ts_bar"
)
_JOIN = "analyses AS a JOIN predictions AS p ON p.analysis_id = a.id"


def signals(connection: sqlite3.Connection, span: Span, limit: int) -> tuple[list[Signal], bool]:
    """Return signals, newest first, and whether there are older ones."""
    where, values = _where(span)
    sql = f"SELECT {SIGNAL_COLUMNS} FROM analyses AS a WHERE {where} {_NEWEST} LIMIT ?"  # noqa: S608  # our own names
    found = connection.execute(sql, (*values, limit + 1)).fetchall()
    return [signal_of(row) for row in found[:limit]], len(found) > limit


def predictions(
    connection: sqlite3.Connection, span: Span, predictor: str | None, limit: int, skip: int
) -> tuple[list[PredictionRow], bool]:
    """Return predictions, newest first, after leaving out `skip`, and whether there are older ones."""
    where, values = _where(span, predictor)
    sql = f"SELECT {_PREDICTION_COLUMNS} FROM {_JOIN} WHERE {where} {_NEWEST}, p.predictor LIMIT ? OFFSET ?"  # noqa: S608  # likewise
    found = connection.execute(sql, (*values, limit + 1, skip)).fetchall()
    rows = [msgspec.convert(_named(PredictionRow, row), PredictionRow, strict=False) for row in found[:limit]]
    return rows, len(found) > limit


def tallies(connection: sqlite3.Connection, span: Span, predictor: str | None, bucket_ns: int) -> list[Tally]:
    """Return sums; grouping is the database's work, which leaves the loop alone."""
    where, values = _where(span, predictor)
    sql = f"""
        SELECT a.instrument_id, a.interval, p.predictor, a.backfilled, a.ts_bar / ? AS bucket, p.stance,
            {_STATE} AS state, coalesce(min(CAST(p.probability * 10 AS INTEGER), 9), 0) AS bin, count(*),
            coalesce(sum(a.label), 0), coalesce(sum(p.probability), 0.0),
            coalesce(sum((p.probability - a.label) * (p.probability - a.label)), 0.0),
            coalesce(sum(CASE p.stance WHEN 'up' THEN a.long_return WHEN 'down' THEN a.short_return END), 0.0),
            coalesce(sum(a.bars), 0)
        FROM {_JOIN} WHERE {where}
        GROUP BY a.instrument_id, a.interval, p.predictor, a.backfilled, bucket, p.stance, state, bin
    """  # noqa: S608  # likewise
    found = connection.execute(sql, (bucket_ns, *values)).fetchall()
    return [msgspec.convert(_named(Tally, row), Tally, strict=False) for row in found]


def scored(connection: sqlite3.Connection, predictor: str, most: int) -> int:
    """Return how many live predictions of a direction have a known outcome, the newest first, `most` at most."""
    question = (
        "SELECT count(*) FROM (SELECT 1 FROM predictions AS p CROSS JOIN analyses AS a ON a.id = p.analysis_id"
        " WHERE p.predictor = ? AND p.stance IN ('up', 'down') AND a.backfilled = 0 AND a.label IS NOT NULL"
        " ORDER BY p.analysis_id DESC LIMIT ?)"
    )
    return int(connection.execute(question, (predictor, most)).fetchone()[0])


def open_analyses(connection: sqlite3.Connection, instrument_id: str, interval: str) -> list[OpenAnalysis]:
    """Return what of a stream is still to be resolved, oldest first."""
    found = connection.execute(
        "SELECT ts_bar, ts_event, price, backfilled, upper, lower, horizon,"
        " (SELECT json_group_object(predictor, stance) FROM predictions WHERE analysis_id = id) FROM analyses"
        " WHERE instrument_id = ? AND interval = ? AND outcome IS NULL AND upper IS NOT NULL ORDER BY ts_bar",
        (instrument_id, interval),
    )
    return [
        OpenAnalysis(
            ts_bar=ts_bar,
            ts_event=ts_event,
            close=float(price),
            targets=Targets(*targets),
            is_backfilled=bool(backfilled),
            stances=msgspec.json.decode(stances, type=dict[str, Stance]),
        )
        for ts_bar, ts_event, price, backfilled, *targets, stances in found
    ]


def samples(
    connection: sqlite3.Connection, instrument_id: str, interval: str, count: int
) -> tuple[Sampled, Sampled] | None:
    """Return the first and the last `count` analyses of the newest schema; None while there are fewer than both."""
    stream = (instrument_id, interval)
    newest = "SELECT feature_schema FROM analyses WHERE instrument_id = ? AND interval = ? ORDER BY ts_bar DESC LIMIT 1"
    schema = connection.execute(newest, stream).fetchone()
    if schema is None:
        return None
    first, last = (
        connection.execute(f"{_FEATURES} {order} LIMIT ?", (*stream, *schema, count)).fetchall()
        for order in ("ASC", "DESC")
    )
    last.reverse()
    if len(first) < count or first[-1][0] >= last[0][0]:
        return None
    return _sampled(schema[0], first), _sampled(schema[0], last)


def feedback(connection: sqlite3.Connection, user_id: str) -> FeedbackSum:
    """Return the sum of what a user has said came of signals."""
    question = "SELECT count(*), total(was_accurate), total(profit_loss) FROM feedback WHERE user_id = ?"
    count, accurate, profit_loss = connection.execute(question, (user_id,)).fetchone()
    return FeedbackSum(count=count, accurate=int(accurate), profit_loss=profit_loss)


def _sampled(schema: str, rows: list[tuple[int, str, float]]) -> Sampled:
    decode = msgspec.json.Decoder(tuple[float, ...]).decode
    return Sampled(
        feature_schema=schema,
        features=[decode(text) for _, text, _ in rows],
        scores=[score for _, _, score in rows],
        first_ns=rows[0][0],
        last_ns=rows[-1][0],
    )


def _named(kind: type[msgspec.Struct], row: tuple[object, ...]) -> dict[str, object]:
    return dict(zip(kind.__struct_fields__, row, strict=True))


def _where(span: Span, predictor: str | None = None) -> tuple[str, list[object]]:
    wanted = (
        ("a.instrument_id = ?", span.instrument_id),
        ("a.interval = ?", span.interval),
        ("a.ts_bar >= ?", span.start),
        ("a.ts_bar < ?", span.end),
        ("p.predictor = ?", predictor),
    )
    given = [(text, value) for text, value in wanted if value is not None]
    return " AND ".join(text for text, _ in given) or "1", [value for _, value in given]
