-- Of an order in several parcels: what was told of each, as JSON.
ALTER TABLE identity ADD COLUMN parcels BLOB;
