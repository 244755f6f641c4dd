-- One row per closed bar of a stream of signals. Times in UNIX nanoseconds of market time but `stored_ms`.
CREATE TABLE analyses (
    id INTEGER PRIMARY KEY,
    instrument_id TEXT NOT NULL,
    interval TEXT NOT NULL,
    ts_bar INTEGER NOT NULL,
    bar_type TEXT NOT NULL,
    signal TEXT NOT NULL,
    score REAL NOT NULL,
    probability REAL NOT NULL,
    confidence REAL NOT NULL,
    sources TEXT NOT NULL,
    reasons TEXT NOT NULL,
    features TEXT NOT NULL,
    feature_schema TEXT NOT NULL,
    price TEXT NOT NULL,
    backfilled INTEGER NOT NULL,
    stale INTEGER NOT NULL,
    degraded INTEGER NOT NULL,
    ts_event INTEGER NOT NULL,
    ts_init INTEGER NOT NULL,
    trace_id TEXT NOT NULL,
    more TEXT NOT NULL, -- JSON: fields of signals that have no column
    model_version TEXT NOT NULL,
    processing_us INTEGER, -- wall time; null of history, which is computed many bars at once
    stored_ms INTEGER NOT NULL, -- wall clock
    upper REAL, -- barriers; null while there is nothing to measure them by: not judged
    lower REAL,
    horizon INTEGER,
    outcome TEXT, -- null: open
    label INTEGER, -- 1: up first; null: open or never known
    bars INTEGER, -- until it was known
    ts_outcome INTEGER,
    long_return REAL, -- after fees, share of the price
    short_return REAL,
    outcome_reason TEXT,
    UNIQUE (instrument_id, ts_bar, interval)
) STRICT;

CREATE INDEX analyses_by_time ON analyses (ts_bar, instrument_id, interval);
CREATE INDEX analyses_open ON analyses (instrument_id, interval, ts_bar) WHERE outcome IS NULL AND upper IS NOT NULL;

-- What each source, and all together (`signal`), said of a bar.
CREATE TABLE predictions (
    analysis_id INTEGER NOT NULL REFERENCES analyses (id) ON DELETE CASCADE,
    predictor TEXT NOT NULL,
    stance TEXT NOT NULL, -- up, down, neutral or abstained
    probability REAL,
    confidence REAL,
    PRIMARY KEY (analysis_id, predictor)
) STRICT, WITHOUT ROWID;
