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
