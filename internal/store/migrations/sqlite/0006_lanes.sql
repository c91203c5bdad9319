-- Give messages their lane, and remember the newest attempt that may have arrived
-- and the code of a refusal.
ALTER TABLE outbox ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN last_tried BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN code INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET last_tried = first_tried;
UPDATE outbox SET lane = CASE WHEN edit_of <> '' THEN 2
	WHEN post LIKE 'report/%' OR post LIKE 'models/%' THEN 1 ELSE 0 END;
UPDATE outbox SET state = 'dropped' WHERE state = 'dead' AND edit_of <> '';
