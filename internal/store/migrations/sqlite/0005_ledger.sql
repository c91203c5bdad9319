-- Keep what the gateway said beside the dollars made of it, with the unit in force
-- (per_unit: raw quota in a dollar). A row's dollars are by its own per_unit; queries
-- convert them to the account's newest. Refunds are apart. Gaps hold what was spent
-- between readings too far apart to date it; recorded holds the gateway's own hourly
-- rows, in raw quota. The program books what earlier versions stored.
ALTER TABLE readings ADD COLUMN refunds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE readings ADD COLUMN per_unit DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE readings ADD COLUMN display TEXT NOT NULL DEFAULT '';
ALTER TABLE readings ADD COLUMN cny_per_usd DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE readings ADD COLUMN raw_quota BIGINT;
ALTER TABLE readings ADD COLUMN raw_used BIGINT;
ALTER TABLE readings ADD COLUMN key_limit DOUBLE PRECISION;
ALTER TABLE readings ADD COLUMN key_figure DOUBLE PRECISION;
ALTER TABLE hours ADD COLUMN refunds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE hours ADD COLUMN per_unit DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE days ADD COLUMN refunds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE days ADD COLUMN per_unit DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE states ADD COLUMN per_unit DOUBLE PRECISION NOT NULL DEFAULT 0;
CREATE TABLE gaps (
	account  TEXT NOT NULL,
	until    BIGINT NOT NULL,
	since    BIGINT NOT NULL,
	known    INTEGER NOT NULL,
	spent    BIGINT NOT NULL,
	refunds  BIGINT NOT NULL,
	requests BIGINT NOT NULL,
	per_unit DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (account, until)
) WITHOUT ROWID;
CREATE TABLE recorded (
	account  TEXT NOT NULL,
	start    BIGINT NOT NULL,
	quota    BIGINT NOT NULL,
	requests BIGINT NOT NULL,
	PRIMARY KEY (account, start)
) WITHOUT ROWID;
