-- Books of the node. Money is exact text, times are UNIX nanoseconds, every row names its node, run and user.
-- Foreign keys are for `run_node.py db check`: a fill is never refused for want of its order.

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL DEFAULT '',
    began_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    strategy TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    order_id TEXT NOT NULL UNIQUE,
    instrument_id TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    time_in_force TEXT NOT NULL,
    quantity TEXT NOT NULL,
    status TEXT NOT NULL,
    ts_created INTEGER NOT NULL,
    ts_updated INTEGER NOT NULL,
    venue_order_id TEXT,
    expire_ns INTEGER,
    filled_quantity TEXT NOT NULL,
    filled_notional TEXT NOT NULL,
    price TEXT,
    trigger_price TEXT,
    trailing_offset TEXT,
    limit_offset TEXT,
    post_only INTEGER NOT NULL,
    reduce_only INTEGER NOT NULL,
    is_triggered INTEGER NOT NULL,
    reason TEXT,
    parent_order_id TEXT,
    linked_order_ids TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (node_id, user_id, client_order_id)
) STRICT;

CREATE INDEX orders_by_time ON orders (run_id, user_id, ts_created);
CREATE INDEX orders_working ON orders (run_id)
WHERE status IN ('submitted', 'accepted', 'triggered', 'partially_filled', 'unknown');

CREATE TABLE fills (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    strategy TEXT NOT NULL,
    fill_id TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    client_order_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT NOT NULL,
    fee TEXT NOT NULL,
    fee_currency TEXT NOT NULL,
    liquidity TEXT NOT NULL,
    realized_pnl TEXT NOT NULL,
    ts INTEGER NOT NULL,
    trace_id TEXT NOT NULL,
    UNIQUE (node_id, account_id, instrument_id, fill_id, order_id)
) STRICT;

CREATE INDEX fills_by_time ON fills (run_id, user_id, ts);

CREATE TABLE cash (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    cash_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount TEXT NOT NULL,
    instrument_id TEXT,
    ts INTEGER NOT NULL,
    UNIQUE (run_id, account_id, cash_id)
) STRICT;

CREATE TABLE positions (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    instrument_id TEXT NOT NULL,
    quantity TEXT NOT NULL,
    cost TEXT NOT NULL,
    realized_pnl TEXT NOT NULL,
    fees TEXT NOT NULL,
    funding TEXT NOT NULL,
    mark_price TEXT,
    unrealized_pnl TEXT,
    margin TEXT,
    liquidation_price TEXT,
    ts INTEGER NOT NULL,
    UNIQUE (run_id, account_id, instrument_id)
) STRICT;

CREATE TABLE balances (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    total TEXT NOT NULL,
    locked TEXT NOT NULL,
    ts INTEGER NOT NULL,
    UNIQUE (run_id, account_id, currency)
) STRICT;

CREATE TABLE equity (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    ts INTEGER NOT NULL,
    equity TEXT NOT NULL,
    cash TEXT NOT NULL,
    unrealized_pnl TEXT NOT NULL,
    fees TEXT NOT NULL,
    is_hourly INTEGER NOT NULL DEFAULT 0,
    UNIQUE (run_id, account_id, ts)
) STRICT;

CREATE INDEX equity_by_time ON equity (run_id, user_id, ts);
CREATE INDEX equity_to_thin ON equity (run_id, ts) WHERE is_hourly = 0;

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    ts INTEGER NOT NULL,
    UNIQUE (node_id, user_id, alert_id)
) STRICT;

CREATE INDEX alerts_by_time ON alerts (run_id, user_id, ts);

CREATE TABLE traders (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    trading_state TEXT NOT NULL,
    limits TEXT NOT NULL,
    UNIQUE (node_id, user_id)
) STRICT;

CREATE TABLE strategies (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    section TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    UNIQUE (node_id, user_id, name)
) STRICT;

CREATE TABLE node (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (node_id, name)
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL,
    run_id TEXT NOT NULL REFERENCES runs (run_id),
    user_id TEXT NOT NULL,
    written_ns INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    trace_id TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_time ON audit (user_id, written_ns);
