package store

// The schema in its versions: never change one, add another. The version of a
// file is the number of [migrations] that were carried out on it.

const schema1 = `
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
);
CREATE TABLE states (
	account TEXT PRIMARY KEY,
	spend   TEXT NOT NULL,
	alert   TEXT NOT NULL
);
CREATE TABLE events (
	account   TEXT NOT NULL,
	at        BIGINT NOT NULL,
	condition TEXT NOT NULL,
	kind      TEXT NOT NULL,
	level     TEXT NOT NULL,
	since     BIGINT NOT NULL,
	incident  TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (account, at);
CREATE TABLE marks (
	mark TEXT PRIMARY KEY,
	at   BIGINT NOT NULL
);
CREATE TABLE small_values (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
CREATE TABLE outbox (
	id          INTEGER PRIMARY KEY,
	post        TEXT NOT NULL UNIQUE,
	channel     TEXT NOT NULL,
	account     TEXT NOT NULL,
	edit_of     TEXT NOT NULL,
	payload     TEXT NOT NULL,
	at          BIGINT NOT NULL,
	state       TEXT NOT NULL,
	attempts    INTEGER NOT NULL,
	first_tried BIGINT NOT NULL,
	next_try    BIGINT NOT NULL,
	sent_at     BIGINT NOT NULL,
	message_id  TEXT NOT NULL,
	last_error  TEXT NOT NULL
);
CREATE INDEX outbox_waiting ON outbox (state, channel, id);
CREATE INDEX outbox_messages ON outbox (message_id);
`

// schema2 keeps an account's readings together in the file (WITHOUT ROWID is
// the one word that PostgreSQL does not know), adds the sums by hour and day,
// and what the sums replaced.
const schema2 = `
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
`

// schema3 lets posts of one moment be sent as one message: those that may be
// joined (joins), and which one leads them (leader, an id; 0: none).
const schema3 = `
ALTER TABLE outbox ADD COLUMN joins INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN leader BIGINT NOT NULL DEFAULT 0;
CREATE INDEX outbox_led ON outbox (leader) WHERE leader <> 0;
`

// schema4 notes which reading came last: after a clock was ahead for a while,
// that is not the one with the latest time.
const schema4 = `
ALTER TABLE states ADD COLUMN newest BIGINT NOT NULL DEFAULT 0;
UPDATE states SET newest = COALESCE((SELECT MAX(at) FROM readings WHERE readings.account = states.account), 0);
`

// schemaLedger keeps what the gateway said beside the dollars made of it, with
// the unit in force (per_unit: raw quota in a dollar). A row's dollars are by its
// own per_unit; queries convert them to the account's newest. Refunds are apart.
// Gaps hold what was spent between readings too far apart to date it; recorded
// holds the gateway's own hourly rows, in raw quota.
const schemaLedger = `
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
`

// schemaLanes gives messages their lane (see [Lane]) and remembers the newest
// attempt that may have arrived and the code of a refusal. A waiting message is
// tried at once after a start, so what an older version noted is cleared.
const schemaLanes = `
ALTER TABLE outbox ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN last_tried BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN code INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET last_tried = first_tried;
UPDATE outbox SET lane = CASE WHEN edit_of <> '' THEN 2
	WHEN post LIKE 'report/%' OR post LIKE 'models/%' THEN 1 ELSE 0 END;
UPDATE outbox SET state = 'dropped' WHERE state = 'dead' AND edit_of <> '';
`
