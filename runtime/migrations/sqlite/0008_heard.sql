-- Of each thing that is known of a template or a number: since when it is known, so that older tidings do not undo it.
ALTER TABLE template ADD COLUMN status_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN category_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN quality_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN components_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE health ADD COLUMN quality_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE health ADD COLUMN tier_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE health ADD COLUMN stopped_ms INTEGER NOT NULL DEFAULT 0;
UPDATE template SET status_ms = at_ms, category_ms = at_ms, quality_ms = at_ms, components_ms = at_ms;
UPDATE health SET quality_ms = at_ms, tier_ms = at_ms, stopped_ms = at_ms;
