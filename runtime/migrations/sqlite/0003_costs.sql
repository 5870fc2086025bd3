-- Messages that were delivered, as the vendor counts them: no customer's, and so kept when customers are erased.
CREATE TABLE cost (
    shop INTEGER NOT NULL,
    month INTEGER NOT NULL,
    market INTEGER NOT NULL,
    category TEXT NOT NULL,
    pricing TEXT NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (shop, month, market, category, pricing)
) WITHOUT ROWID;
