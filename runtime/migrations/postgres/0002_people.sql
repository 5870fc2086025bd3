-- Customers whom a shop wrote to outside their window, and when last: counted against the vendor's limit a day.
CREATE TABLE recipient (
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (shop, conversation)
);

-- What the shop's people are to be told, in order for each conversation.
CREATE TABLE post (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    not_before_ms bigint NOT NULL,
    lease_until_ms bigint NOT NULL DEFAULT 0,
    body bytea NOT NULL,
    PRIMARY KEY (shop, seq)
);
CREATE INDEX post_conversation ON post (shop, conversation, seq);
CREATE INDEX post_due ON post (shop, not_before_ms);

DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY ARRAY['recipient', 'post'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_shop ON %I USING (shop = nullif(current_setting(''duka.shop'', true), '''')::integer)',
            name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO duka_app', name);
    END LOOP;
END $$;
CREATE POLICY due ON post FOR SELECT TO duka_due USING (true);
GRANT SELECT (shop, not_before_ms, lease_until_ms) ON post TO duka_due;

-- Which shops have something to tell their people, as `duka_due` says it of other work.
CREATE FUNCTION duka_due_posts(now_ms bigint)
RETURNS TABLE (due_shop integer, due_number text, since_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    clock_ms bigint := duka_clock_ms();
BEGIN
    due_shop := -1;
    due_number := '';
    LOOP
        SELECT min(p.shop) INTO due_shop FROM post p WHERE p.shop > due_shop;
        EXIT WHEN due_shop IS NULL;
        SELECT min(p.not_before_ms) INTO since_ms FROM post p
        WHERE p.shop = due_shop AND p.not_before_ms <= now_ms AND p.lease_until_ms <= clock_ms;
        IF since_ms IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION duka_due_posts(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duka_due_posts(bigint) TO duka_app;
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO duka_due', current_schema());
    ALTER FUNCTION duka_due_posts(bigint) OWNER TO duka_due;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM duka_due', current_schema());
END $$;
