-- Every table's key starts with the shop; shop 0 is for what belongs to none. Times are milliseconds since 1970.

CREATE TABLE shops (
    shop INTEGER NOT NULL DEFAULT 0,
    number INTEGER NOT NULL,
    slug TEXT NOT NULL,
    PRIMARY KEY (shop, number)
);
CREATE UNIQUE INDEX shops_slug ON shops (shop, slug);

CREATE TABLE meta (
    shop INTEGER NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (shop, key)
) WITHOUT ROWID;

CREATE TABLE seen (
    shop INTEGER NOT NULL,
    key BLOB NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (shop, key)
) WITHOUT ROWID;

CREATE TABLE identity (
    shop INTEGER NOT NULL,
    channel TEXT NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    conversation INTEGER NOT NULL,
    PRIMARY KEY (shop, channel, kind, value)
) WITHOUT ROWID;
CREATE INDEX identity_conversation ON identity (shop, conversation);

CREATE TABLE conversation (
    shop INTEGER NOT NULL,
    id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    number TEXT NOT NULL,
    turn INTEGER NOT NULL,
    last_inbound_ms INTEGER NOT NULL,
    free_until_ms INTEGER NOT NULL,
    wake_at_ms INTEGER,
    handed_over INTEGER NOT NULL,
    session BLOB NOT NULL,
    PRIMARY KEY (shop, id)
);
CREATE INDEX conversation_wake ON conversation (shop, wake_at_ms) WHERE wake_at_ms IS NOT NULL;

CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL
);
CREATE INDEX inbox_conversation ON inbox (shop, conversation, seq);
CREATE INDEX inbox_age ON inbox (shop, seq);

CREATE TABLE turn (
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    revision BLOB NOT NULL,
    event BLOB NOT NULL,
    trace BLOB NOT NULL,
    notes BLOB NOT NULL,
    PRIMARY KEY (shop, conversation, turn)
);

-- States: 1 waiting, 2 ready, 3 sending, 4 unknown; final: 5 accepted, 6 failed, 7 expired, 8 parked, 9 cancelled.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    shop INTEGER NOT NULL,
    id BLOB NOT NULL,
    conversation INTEGER NOT NULL,
    number TEXT NOT NULL,
    turn INTEGER NOT NULL,
    place INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    repeat INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    state INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    after_unknown INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    error INTEGER NOT NULL DEFAULT 0,
    provider_id TEXT NOT NULL DEFAULT '',
    provider_hash INTEGER NOT NULL DEFAULT 0,
    other_id TEXT NOT NULL DEFAULT '',
    delivery INTEGER NOT NULL DEFAULT 0,
    delivery_at_ms INTEGER NOT NULL DEFAULT 0,
    delivery_error INTEGER NOT NULL DEFAULT 0,
    category TEXT NOT NULL DEFAULT '',
    pricing TEXT NOT NULL DEFAULT '',
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX outbox_id ON outbox (shop, id);
CREATE INDEX outbox_conversation ON outbox (shop, conversation, seq);
CREATE INDEX outbox_open ON outbox (shop, conversation, seq) WHERE state < 5;
CREATE INDEX outbox_ready ON outbox (shop, number, lane, not_before_ms, seq) WHERE state = 2;
CREATE INDEX outbox_sending ON outbox (shop, lease_until_ms) WHERE state = 3;
CREATE INDEX outbox_unknown ON outbox (shop, not_before_ms, seq) WHERE state = 4;
CREATE INDEX outbox_parked ON outbox (shop, seq) WHERE state = 8;
-- A hash, because the ids themselves are long and random.
CREATE INDEX outbox_provider ON outbox (shop, provider_hash) WHERE provider_hash <> 0;
CREATE INDEX outbox_other ON outbox (shop, other_id) WHERE other_id <> '';

-- Statuses of messages that no send is known for yet.
CREATE TABLE orphan_status (
    shop INTEGER NOT NULL,
    provider_id TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    delivery_at_ms INTEGER NOT NULL,
    delivery_error INTEGER NOT NULL,
    category TEXT NOT NULL,
    pricing TEXT NOT NULL,
    PRIMARY KEY (shop, provider_id)
) WITHOUT ROWID;

CREATE TABLE call (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    place INTEGER NOT NULL,
    is_query INTEGER NOT NULL,
    deadline_ms INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX call_place ON call (shop, conversation, turn, place);
CREATE INDEX call_due ON call (shop, not_before_ms, seq);

CREATE TABLE consent (
    seq INTEGER PRIMARY KEY,
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    name TEXT NOT NULL,
    given INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    proof TEXT NOT NULL
);
CREATE INDEX consent_conversation ON consent (shop, conversation, seq);

CREATE TABLE quarantine (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shop INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX quarantine_shop ON quarantine (shop, seq);

CREATE TABLE template (
    shop INTEGER NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    status TEXT NOT NULL,
    category TEXT NOT NULL,
    quality TEXT NOT NULL,
    vendor_id INTEGER NOT NULL,
    components TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (shop, name, language)
) WITHOUT ROWID;

CREATE TABLE health (
    shop INTEGER NOT NULL,
    number TEXT NOT NULL,
    quality TEXT NOT NULL,
    tier TEXT NOT NULL,
    stopped TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (shop, number)
) WITHOUT ROWID;

CREATE TABLE revision (
    shop INTEGER NOT NULL,
    revision BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    standard BLOB NOT NULL,
    source BLOB NOT NULL,
    PRIMARY KEY (shop, revision)
);
