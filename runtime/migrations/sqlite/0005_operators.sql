-- What operators did by the API: whose key, what, on which object, and how it was answered. No text, no number.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    shop INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    who TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    status INTEGER NOT NULL
);
CREATE INDEX audit_shop ON audit (shop, seq);

-- Conversations that wait for a person: few among many.
CREATE INDEX conversation_people ON conversation (shop, id) WHERE handed_over = 1;
