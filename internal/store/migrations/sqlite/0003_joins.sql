-- Let posts of one moment be sent as one message: those that may be
-- joined (joins), and which one leads them (leader, an id; 0: none).
ALTER TABLE outbox ADD COLUMN joins INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN leader BIGINT NOT NULL DEFAULT 0;
CREATE INDEX outbox_led ON outbox (leader) WHERE leader <> 0;
