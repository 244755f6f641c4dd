-- Orders in options that were judged, and what callers say became of them. Times in UNIX nanoseconds of market time but `_ms`.
CREATE TABLE screened (
    id INTEGER PRIMARY KEY,
    prediction_id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL, -- who asked; empty: the node's own source
    order_id TEXT NOT NULL, -- as the caller names it
    symbol TEXT NOT NULL,
    strategy TEXT NOT NULL,
    ts INTEGER NOT NULL, -- of the order
    probability REAL, -- null: abstained
    threshold REAL NOT NULL,
    recommendation TEXT NOT NULL,
    model TEXT NOT NULL,
    fields TEXT NOT NULL, -- JSON: the order and its market, as training reads them
    learnable INTEGER NOT NULL, -- whether strategy and market were known
    stored_ms INTEGER NOT NULL, -- wall clock
    won INTEGER, -- null: not told yet
    profit REAL, -- after fees
    ts_resolved INTEGER,
    told_by TEXT,
    told_ms INTEGER -- wall clock
) STRICT;

CREATE INDEX screened_by_order ON screened (owner, order_id, id);
CREATE INDEX screened_told ON screened (strategy, won, probability, threshold) WHERE won IS NOT NULL;
CREATE INDEX screened_by_time ON screened (ts, id) WHERE won IS NOT NULL;
