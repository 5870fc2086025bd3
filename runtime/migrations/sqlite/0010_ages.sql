-- What is older than it is kept is looked for every hour, and mostly there is none; and what is taken away is taken by the only writer,
-- while customers wait. Rows come in the order of their times, so that an entry is added at the end: one more page in a commit.
CREATE INDEX seen_age ON seen (shop, received_ms);
CREATE INDEX turn_age ON turn (shop, at_ms);
CREATE INDEX outbox_age ON outbox (shop, expires_ms) WHERE state >= 5;
CREATE INDEX orphan_status_age ON orphan_status (shop, delivery_at_ms);
CREATE INDEX recipient_age ON recipient (shop, at_ms);
CREATE INDEX quarantine_age ON quarantine (shop, at_ms);
CREATE INDEX consent_age ON consent (shop, at_ms);
