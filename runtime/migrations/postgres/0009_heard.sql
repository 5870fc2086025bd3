-- Of each thing that is known of a template or a number: since when it is known, so that older tidings do not undo it.
ALTER TABLE template ADD COLUMN status_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN category_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN quality_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN components_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE health ADD COLUMN quality_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE health ADD COLUMN tier_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE health ADD COLUMN stopped_ms bigint NOT NULL DEFAULT 0;
-- The rows of all shops, as their owner sees them.
ALTER TABLE template NO FORCE ROW LEVEL SECURITY;
ALTER TABLE health NO FORCE ROW LEVEL SECURITY;
UPDATE template SET status_ms = at_ms, category_ms = at_ms, quality_ms = at_ms, components_ms = at_ms;
UPDATE health SET quality_ms = at_ms, tier_ms = at_ms, stopped_ms = at_ms;
ALTER TABLE template FORCE ROW LEVEL SECURITY;
ALTER TABLE health FORCE ROW LEVEL SECURITY;
