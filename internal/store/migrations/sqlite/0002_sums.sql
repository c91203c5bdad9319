-- Keep an account's readings together in the file (WITHOUT ROWID), and add the
-- sums by hour and day and how far back each level reaches. Existing readings are
-- summed up by the program.
ALTER TABLE readings RENAME TO readings1;
CREATE TABLE readings (
	account          TEXT NOT NULL,
	at               BIGINT NOT NULL,
	spendable        BIGINT,
	key_remaining    BIGINT,
	key_used         BIGINT,
	wallet_remaining BIGINT,
	wallet_used      BIGINT,
	requests         BIGINT NOT NULL,
	key_state        TEXT NOT NULL,
	unlimited        INTEGER NOT NULL,
	err_kind         TEXT NOT NULL,
	since            BIGINT NOT NULL,
	known            INTEGER NOT NULL,
	spent            BIGINT NOT NULL,
	top_up           BIGINT NOT NULL,
	new_requests     BIGINT NOT NULL,
	covered          BIGINT NOT NULL,
	PRIMARY KEY (account, at)
) WITHOUT ROWID;
INSERT INTO readings (account, at, spendable, key_remaining, key_used, wallet_remaining, wallet_used, requests,
	key_state, unlimited, err_kind, since, known, spent, top_up, new_requests, covered)
SELECT account, at, spendable, key_remaining, key_used, wallet_remaining, wallet_used, requests,
	key_state, unlimited, err_kind, since, known, spent, top_up, new_requests, covered FROM readings1;
DROP TABLE readings1;
CREATE TABLE hours (
	account    TEXT NOT NULL,
	start      BIGINT NOT NULL,
	since      BIGINT NOT NULL,
	until      BIGINT NOT NULL,
	spent      BIGINT NOT NULL,
	top_up     BIGINT NOT NULL,
	requests   BIGINT NOT NULL,
	covered    BIGINT NOT NULL,
	balance    BIGINT,
	balance_at BIGINT NOT NULL,
	readings   BIGINT NOT NULL,
	failed     BIGINT NOT NULL,
	PRIMARY KEY (account, start)
) WITHOUT ROWID;
CREATE TABLE days (
	account    TEXT NOT NULL,
	start      BIGINT NOT NULL,
	since      BIGINT NOT NULL,
	until      BIGINT NOT NULL,
	spent      BIGINT NOT NULL,
	top_up     BIGINT NOT NULL,
	requests   BIGINT NOT NULL,
	covered    BIGINT NOT NULL,
	balance    BIGINT,
	balance_at BIGINT NOT NULL,
	readings   BIGINT NOT NULL,
	failed     BIGINT NOT NULL,
	PRIMARY KEY (account, start)
) WITHOUT ROWID;
CREATE TABLE pruned (
	level TEXT PRIMARY KEY,
	until BIGINT NOT NULL
);
DROP INDEX events_by_time;
ALTER TABLE events RENAME TO events1;
CREATE TABLE events (
	id        INTEGER PRIMARY KEY,
	account   TEXT NOT NULL,
	at        BIGINT NOT NULL,
	condition TEXT NOT NULL,
	kind      TEXT NOT NULL,
	level     TEXT NOT NULL,
	since     BIGINT NOT NULL,
	incident  TEXT NOT NULL
);
INSERT INTO events (account, at, condition, kind, level, since, incident)
SELECT account, at, condition, kind, level, since, incident FROM events1 ORDER BY at;
DROP TABLE events1;
CREATE INDEX events_by_time ON events (account, at);
ALTER TABLE states ADD COLUMN first_reading BIGINT NOT NULL DEFAULT 0;
UPDATE states SET first_reading = COALESCE((SELECT MIN(at) FROM readings WHERE readings.account = states.account), 0);
ALTER TABLE outbox RENAME COLUMN sent_at TO done_at;
CREATE INDEX outbox_edits ON outbox (edit_of, id) WHERE edit_of <> '';
