-- Which shops have a payment to ask about, as `duka_due` says it of other work.
CREATE POLICY due ON payment FOR SELECT TO duka_due USING (true);
GRANT SELECT (shop, due_ms) ON payment TO duka_due;

CREATE FUNCTION duka_due_payments(now_ms bigint)
RETURNS TABLE (due_shop integer, due_number text, since_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    due_shop := -1;
    due_number := '';
    LOOP
        SELECT min(p.shop) INTO due_shop FROM payment p WHERE p.shop > due_shop AND p.due_ms IS NOT NULL;
        EXIT WHEN due_shop IS NULL;
        SELECT min(p.due_ms) INTO since_ms FROM payment p WHERE p.shop = due_shop AND p.due_ms <= now_ms;
        IF since_ms IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION duka_due_payments(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duka_due_payments(bigint) TO duka_app;
DO $$ BEGIN
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO duka_due', current_schema());
    ALTER FUNCTION duka_due_payments(bigint) OWNER TO duka_due;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM duka_due', current_schema());
END $$;
