-- What operators did by the API: whose key, what, on which object, and how it was answered. No text, no number.
CREATE TABLE audit (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    at_ms bigint NOT NULL,
    who text NOT NULL,
    act text NOT NULL,
    object text NOT NULL,
    status integer NOT NULL,
    PRIMARY KEY (shop, seq)
);
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
CREATE POLICY own_shop ON audit USING (shop = nullif(current_setting('duka.shop', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON audit TO duka_app;

-- Conversations that wait for a person: few among many.
CREATE INDEX conversation_people ON conversation (shop, id) WHERE handed_over;
