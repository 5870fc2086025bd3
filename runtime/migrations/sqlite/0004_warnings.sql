-- What the vendor holds against a number (JSON), and the digits by which events of its account name it.
ALTER TABLE health ADD COLUMN display TEXT NOT NULL DEFAULT '';
ALTER TABLE health ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]';
