-- Messages that were delivered, as the vendor counts them: no customer's, and so kept when customers are erased.
CREATE TABLE cost (
    shop integer NOT NULL,
    month integer NOT NULL,
    market integer NOT NULL,
    category text NOT NULL,
    pricing text NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (shop, month, market, category, pricing)
);
ALTER TABLE cost ENABLE ROW LEVEL SECURITY;
ALTER TABLE cost FORCE ROW LEVEL SECURITY;
CREATE POLICY own_shop ON cost USING (shop = nullif(current_setting('duka.shop', true), '')::integer);
GRANT SELECT, INSERT, UPDATE, DELETE ON cost TO duka_app;
