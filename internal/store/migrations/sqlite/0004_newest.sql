-- Note which reading came last: after a clock was ahead for a while,
-- that is not the one with the latest time.
ALTER TABLE states ADD COLUMN newest BIGINT NOT NULL DEFAULT 0;
UPDATE states SET newest = COALESCE((SELECT MAX(at) FROM readings WHERE readings.account = states.account), 0);
