-- A transaction names the set of shops whose rows it is for (`SET LOCAL duka.shop = '1,2,3'`; one of an older server names one).
-- The set is read once for each statement, and not for each row; `+ 0` keeps it from being taken for a way into an index:
-- statements find their rows by keys that begin with the shop themselves.
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT polrelid::regclass::text FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polname = 'own_shop' AND c.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format(
            'ALTER POLICY own_shop ON %s USING (shop + 0 = ANY (
                (SELECT string_to_array(current_setting(''duka.shop'', true), '','')::integer[])::integer[]))',
            name);
    END LOOP;
END $$;

-- As `duka_due` says it of wakes and sends, of which many shops have some at once: all steps in one statement.
CREATE FUNCTION duka_due_wakes(now_ms bigint)
RETURNS TABLE (due_shop integer, due_number text, since_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY WITH RECURSIVE n (shop) AS (
        (SELECT c.shop FROM conversation c WHERE c.wake_at_ms IS NOT NULL ORDER BY c.shop LIMIT 1)
        UNION ALL
        SELECT next.shop FROM n, LATERAL (
            SELECT c.shop FROM conversation c WHERE c.wake_at_ms IS NOT NULL AND c.shop > n.shop
            ORDER BY c.shop LIMIT 1) next)
    SELECT n.shop, ''::text, first.wake_at_ms FROM n, LATERAL (
        SELECT c.wake_at_ms FROM conversation c WHERE c.shop = n.shop AND c.wake_at_ms <= now_ms
        ORDER BY c.wake_at_ms LIMIT 1) first;
END $$;

CREATE FUNCTION duka_due_sends(now_ms bigint)
RETURNS TABLE (due_shop integer, due_number text, since_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY WITH RECURSIVE n (shop, number) AS (
        (SELECT o.shop, o.number FROM outbox o WHERE o.state = 2 ORDER BY o.shop, o.number LIMIT 1)
        UNION ALL
        SELECT next.shop, next.number FROM n, LATERAL (
            SELECT o.shop, o.number FROM outbox o WHERE o.state = 2 AND (o.shop, o.number) > (n.shop, n.number)
            ORDER BY o.shop, o.number LIMIT 1) next)
    SELECT n.shop, n.number, first.at_ms FROM n, LATERAL (
        SELECT min(each.at_ms) AS at_ms FROM (VALUES (1::smallint), (2::smallint), (3::smallint)) AS lanes (lane), LATERAL (
            SELECT o.not_before_ms AS at_ms FROM outbox o
            WHERE o.shop = n.shop AND o.number = n.number AND o.lane = lanes.lane AND o.state = 2
                AND o.not_before_ms <= now_ms
            ORDER BY o.not_before_ms LIMIT 1) each) first
    WHERE first.at_ms IS NOT NULL;
END $$;

REVOKE EXECUTE ON FUNCTION duka_due_wakes(bigint), duka_due_sends(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duka_due_wakes(bigint), duka_due_sends(bigint) TO duka_app;
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO duka_due', current_schema());
    ALTER FUNCTION duka_due_wakes(bigint) OWNER TO duka_due;
    ALTER FUNCTION duka_due_sends(bigint) OWNER TO duka_due;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM duka_due', current_schema());
END $$;
