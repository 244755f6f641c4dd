-- What a copy elsewhere has yet to hear: one row for each row that changed, written with it by triggers, so that no
-- writer can forget it. `row_id` is the id of the row, `revision` grows with each change: who ships a row deletes its
-- outbox row if the revision is still the one that was shipped. Nothing ships yet; there is at most one row per row.

CREATE TABLE outbox (
    table_name TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (table_name, row_id)
) STRICT, WITHOUT ROWID;

INSERT INTO outbox SELECT 'runs', id, 1 FROM runs;
CREATE TRIGGER runs_inserted AFTER INSERT ON runs
BEGIN
    INSERT INTO outbox VALUES ('runs', new.id, 1);
END;

INSERT INTO outbox SELECT 'orders', id, revision FROM orders;
CREATE TRIGGER orders_inserted AFTER INSERT ON orders
BEGIN
    INSERT INTO outbox VALUES ('orders', new.id, new.revision);
END;
CREATE TRIGGER orders_updated AFTER UPDATE ON orders
BEGIN
    INSERT INTO outbox VALUES ('orders', new.id, new.revision)
    ON CONFLICT DO UPDATE SET revision = new.revision;
END;

INSERT INTO outbox SELECT 'fills', id, 1 FROM fills;
CREATE TRIGGER fills_inserted AFTER INSERT ON fills
BEGIN
    INSERT INTO outbox VALUES ('fills', new.id, 1);
END;

INSERT INTO outbox SELECT 'cash', id, 1 FROM cash;
CREATE TRIGGER cash_inserted AFTER INSERT ON cash
BEGIN
    INSERT INTO outbox VALUES ('cash', new.id, 1);
END;

INSERT INTO outbox SELECT 'positions', id, 1 FROM positions;
CREATE TRIGGER positions_inserted AFTER INSERT ON positions
BEGIN
    INSERT INTO outbox VALUES ('positions', new.id, 1);
END;
CREATE TRIGGER positions_updated AFTER UPDATE ON positions
BEGIN
    INSERT INTO outbox VALUES ('positions', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;

INSERT INTO outbox SELECT 'balances', id, 1 FROM balances;
CREATE TRIGGER balances_inserted AFTER INSERT ON balances
BEGIN
    INSERT INTO outbox VALUES ('balances', new.id, 1);
END;
CREATE TRIGGER balances_updated AFTER UPDATE ON balances
BEGIN
    INSERT INTO outbox VALUES ('balances', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;

INSERT INTO outbox SELECT 'equity', id, 1 FROM equity;
CREATE TRIGGER equity_inserted AFTER INSERT ON equity
BEGIN
    INSERT INTO outbox VALUES ('equity', new.id, 1);
END;
CREATE TRIGGER equity_updated AFTER UPDATE OF equity, cash, unrealized_pnl, fees ON equity
BEGIN
    INSERT INTO outbox VALUES ('equity', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;
CREATE TRIGGER equity_thinned AFTER DELETE ON equity
BEGIN
    DELETE FROM outbox WHERE table_name = 'equity' AND row_id = old.id;
END;

INSERT INTO outbox SELECT 'alerts', id, 1 FROM alerts;
CREATE TRIGGER alerts_inserted AFTER INSERT ON alerts
BEGIN
    INSERT INTO outbox VALUES ('alerts', new.id, 1);
END;
CREATE TRIGGER alerts_updated AFTER UPDATE ON alerts
BEGIN
    INSERT INTO outbox VALUES ('alerts', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;

INSERT INTO outbox SELECT 'traders', id, 1 FROM traders;
CREATE TRIGGER traders_inserted AFTER INSERT ON traders
BEGIN
    INSERT INTO outbox VALUES ('traders', new.id, 1);
END;
CREATE TRIGGER traders_updated AFTER UPDATE ON traders
BEGIN
    INSERT INTO outbox VALUES ('traders', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;

INSERT INTO outbox SELECT 'strategies', id, 1 FROM strategies;
CREATE TRIGGER strategies_inserted AFTER INSERT ON strategies
BEGIN
    INSERT INTO outbox VALUES ('strategies', new.id, 1);
END;
CREATE TRIGGER strategies_updated AFTER UPDATE ON strategies
BEGIN
    INSERT INTO outbox VALUES ('strategies', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;

INSERT INTO outbox SELECT 'node', id, 1 FROM node;
CREATE TRIGGER node_inserted AFTER INSERT ON node
BEGIN
    INSERT INTO outbox VALUES ('node', new.id, 1);
END;
CREATE TRIGGER node_updated AFTER UPDATE ON node
BEGIN
    INSERT INTO outbox VALUES ('node', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;

INSERT INTO outbox SELECT 'audit', id, 1 FROM audit;
CREATE TRIGGER audit_inserted AFTER INSERT ON audit
BEGIN
    INSERT INTO outbox VALUES ('audit', new.id, 1);
END;
