-- Customers whom a shop wrote to outside their window, and when last: counted against the vendor's limit a day.
CREATE TABLE recipient (
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (shop, conversation)
) WITHOUT ROWID;

-- What the shop's people are to be told, in order for each conversation.
CREATE TABLE post (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL,
    lease_until_ms INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL
);
CREATE INDEX post_conversation ON post (shop, conversation, seq);
CREATE INDEX post_due ON post (shop, not_before_ms);
