-- Payments of orders: a reference at the provider and where it stands. The money, and how it was paid, are the provider's.
CREATE TABLE payment (
    shop integer NOT NULL,
    id bytea NOT NULL,
    conversation bigint NOT NULL,
    order_number text NOT NULL,
    reference text NOT NULL,
    version bigint NOT NULL,
    due_ms bigint,
    body bytea NOT NULL,
    PRIMARY KEY (shop, id)
);
CREATE INDEX payment_conversation ON payment (shop, conversation);
CREATE INDEX payment_order ON payment (shop, order_number);
CREATE INDEX payment_reference ON payment (shop, reference) WHERE reference <> '';
CREATE INDEX payment_due ON payment (shop, due_ms) WHERE due_ms IS NOT NULL;
ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
ALTER TABLE payment FORCE ROW LEVEL SECURITY;
CREATE POLICY own_shop ON payment USING (shop = nullif(current_setting('duka.shop', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON payment TO duka_app;
