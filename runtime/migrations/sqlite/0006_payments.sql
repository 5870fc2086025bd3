-- Payments of orders: a reference at the provider and where it stands. The money, and how it was paid, are the provider's.
CREATE TABLE payment (
    shop INTEGER NOT NULL,
    id BLOB NOT NULL,
    conversation INTEGER NOT NULL,
    order_number TEXT NOT NULL,
    reference TEXT NOT NULL,
    version INTEGER NOT NULL,
    due_ms INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (shop, id)
) WITHOUT ROWID;
CREATE INDEX payment_conversation ON payment (shop, conversation);
CREATE INDEX payment_order ON payment (shop, order_number);
CREATE INDEX payment_reference ON payment (shop, reference) WHERE reference <> '';
CREATE INDEX payment_due ON payment (shop, due_ms) WHERE due_ms IS NOT NULL;
