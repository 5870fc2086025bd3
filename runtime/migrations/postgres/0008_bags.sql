-- What a customer has put in the bag, where the shop's own system keeps none: things and quantities, never a price.
CREATE TABLE bag (
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    version bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (shop, conversation),
    -- A command that is still under way brings no bag of an erased customer back.
    FOREIGN KEY (shop, conversation) REFERENCES conversation (shop, id) ON DELETE CASCADE
);
ALTER TABLE bag ENABLE ROW LEVEL SECURITY;
ALTER TABLE bag FORCE ROW LEVEL SECURITY;
CREATE POLICY own_shop ON bag USING (shop + 0 = ANY (
    (SELECT string_to_array(current_setting('duka.shop', true), ',')::integer[])::integer[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON bag TO duka_app;
