-- What an admin lets a trader do at the most, within what the configuration allows; and the outbox hears of
-- fills, cash and equity that go to another user.

ALTER TABLE traders ADD COLUMN ceilings TEXT NOT NULL DEFAULT '{}';

DROP TRIGGER equity_updated;
CREATE TRIGGER equity_updated AFTER UPDATE OF user_id, equity, cash, unrealized_pnl, fees ON equity
BEGIN
    INSERT INTO outbox VALUES ('equity', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;
CREATE TRIGGER fills_updated AFTER UPDATE ON fills
BEGIN
    INSERT INTO outbox VALUES ('fills', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;
CREATE TRIGGER cash_updated AFTER UPDATE ON cash
BEGIN
    INSERT INTO outbox VALUES ('cash', new.id, 1)
    ON CONFLICT DO UPDATE SET revision = outbox.revision + 1;
END;
