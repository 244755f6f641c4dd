-- Whether a user has orders of own strategies judged by the signals before they are sent, and how.

ALTER TABLE traders ADD COLUMN screening TEXT NOT NULL DEFAULT '{}';
