-- What a customer has put in the bag, where the shop's own system keeps none: things and quantities, never a price.
CREATE TABLE bag (
    shop INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (shop, conversation)
) WITHOUT ROWID;
