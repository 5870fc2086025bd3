-- How fast the vendor lets a number send, in its own word, and since when that is known.
ALTER TABLE health ADD COLUMN throughput text NOT NULL DEFAULT '';
ALTER TABLE health ADD COLUMN throughput_ms bigint NOT NULL DEFAULT 0;
