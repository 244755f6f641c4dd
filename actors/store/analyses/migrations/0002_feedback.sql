-- Outcomes that callers have told of what they traded on: their word, kept apart from how predictions are judged here.
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    predicted TEXT NOT NULL,
    outcome TEXT NOT NULL,
    profit_loss REAL NOT NULL,
    was_accurate INTEGER NOT NULL,
    ts_ms INTEGER NOT NULL, -- as the caller says
    stored_ms INTEGER NOT NULL, -- wall clock
    UNIQUE (user_id, signal_id)
) STRICT;
