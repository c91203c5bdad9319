-- Which of several replicas leads, in one row. The epoch is a key: a transaction
-- that holds FOR KEY SHARE on it keeps another replica from taking over before it
-- ends, and does not hold up the renewals.
CREATE TABLE lease (
	one     BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (one),
	epoch   BIGINT NOT NULL UNIQUE,
	holder  TEXT NOT NULL,
	expires TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);
INSERT INTO lease (epoch, holder, expires) VALUES (0, '', to_timestamp(0));
