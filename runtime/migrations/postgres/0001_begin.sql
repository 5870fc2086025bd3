-- Every table's key starts with the shop; shop 0 is for what belongs to none. Times are milliseconds since 1970.
--
-- The server speaks as `duka_app`, which owns nothing and sees only the rows of the shop that its transaction names
-- (`SET LOCAL duka.shop`). `duka_due` owns the one function that looks across shops, and may read no more than what is
-- due when.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'duka_app') THEN
        CREATE ROLE duka_app NOLOGIN NOINHERIT;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'duka_due') THEN
        CREATE ROLE duka_due NOLOGIN NOINHERIT;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
    IF NOT pg_has_role(current_user, 'duka_app', 'MEMBER') THEN
        EXECUTE format('GRANT duka_app TO %I', current_user);
    END IF;
    IF NOT pg_has_role(current_user, 'duka_due', 'MEMBER') THEN
        EXECUTE format('GRANT duka_due TO %I', current_user);
    END IF;
END $$;

-- Leases are judged by this clock alone, whatever those of the servers say.
CREATE FUNCTION duka_clock_ms() RETURNS bigint LANGUAGE sql VOLATILE
AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;
CREATE TABLE shops (
    shop integer NOT NULL DEFAULT 0,
    number integer NOT NULL,
    slug text COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, number)
);
CREATE UNIQUE INDEX shops_slug ON shops (shop, slug);

CREATE TABLE meta (
    shop integer NOT NULL,
    key text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (shop, key)
);

CREATE TABLE seen (
    shop integer NOT NULL,
    key bytea NOT NULL,
    received_ms bigint NOT NULL,
    PRIMARY KEY (shop, key)
);

CREATE TABLE identity (
    shop integer NOT NULL,
    channel text COLLATE "C" NOT NULL,
    kind smallint NOT NULL,
    value text COLLATE "C" NOT NULL,
    conversation bigint NOT NULL,
    PRIMARY KEY (shop, channel, kind, value)
);
CREATE INDEX identity_conversation ON identity (shop, conversation);

CREATE TABLE conversation (
    shop integer NOT NULL,
    id bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    number text COLLATE "C" NOT NULL,
    turn bigint NOT NULL,
    last_inbound_ms bigint NOT NULL,
    free_until_ms bigint NOT NULL,
    wake_at_ms bigint,
    handed_over boolean NOT NULL,
    session bytea NOT NULL,
    PRIMARY KEY (shop, id)
);
CREATE INDEX conversation_wake ON conversation (shop, wake_at_ms) WHERE wake_at_ms IS NOT NULL;

CREATE TABLE inbox (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    kind smallint NOT NULL,
    received_ms bigint NOT NULL,
    attempts integer NOT NULL,
    lease_until_ms bigint NOT NULL DEFAULT 0,
    body bytea NOT NULL,
    PRIMARY KEY (shop, seq)
);
CREATE INDEX inbox_conversation ON inbox (shop, conversation, seq);

CREATE TABLE turn (
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    turn bigint NOT NULL,
    at_ms bigint NOT NULL,
    revision bytea NOT NULL,
    event bytea NOT NULL,
    trace bytea NOT NULL,
    notes bytea NOT NULL,
    PRIMARY KEY (shop, conversation, turn)
);

-- States: 1 waiting, 2 ready, 3 sending, 4 unknown; final: 5 accepted, 6 failed, 7 expired, 8 parked, 9 cancelled.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    id bytea NOT NULL,
    conversation bigint NOT NULL,
    number text COLLATE "C" NOT NULL,
    turn bigint NOT NULL,
    place integer NOT NULL,
    lane smallint NOT NULL,
    repeat smallint NOT NULL,
    expires_ms bigint NOT NULL,
    state smallint NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    after_unknown boolean NOT NULL DEFAULT false,
    not_before_ms bigint NOT NULL,
    lease_until_ms bigint NOT NULL DEFAULT 0,
    error integer NOT NULL DEFAULT 0,
    provider_id text COLLATE "C" NOT NULL DEFAULT '',
    provider_hash bigint NOT NULL DEFAULT 0,
    other_id text COLLATE "C" NOT NULL DEFAULT '',
    delivery smallint NOT NULL DEFAULT 0,
    delivery_at_ms bigint NOT NULL DEFAULT 0,
    delivery_error integer NOT NULL DEFAULT 0,
    category text COLLATE "C" NOT NULL DEFAULT '',
    pricing text COLLATE "C" NOT NULL DEFAULT '',
    body bytea NOT NULL,
    PRIMARY KEY (shop, seq)
);
CREATE UNIQUE INDEX outbox_id ON outbox (shop, id);
CREATE INDEX outbox_conversation ON outbox (shop, conversation, seq);
CREATE INDEX outbox_open ON outbox (shop, conversation, seq) WHERE state < 5;
CREATE INDEX outbox_ready ON outbox (shop, number, lane, not_before_ms, seq) WHERE state = 2;
CREATE INDEX outbox_sending ON outbox (shop, lease_until_ms) WHERE state = 3;
CREATE INDEX outbox_unknown ON outbox (shop, not_before_ms, seq) WHERE state = 4;
CREATE INDEX outbox_parked ON outbox (shop, seq) WHERE state = 8;
-- A hash, because the ids themselves are long and random.
CREATE INDEX outbox_provider ON outbox (shop, provider_hash) WHERE provider_hash <> 0;
CREATE INDEX outbox_other ON outbox (shop, other_id) WHERE other_id <> '';

-- Statuses of messages that no send is known for yet.
CREATE TABLE orphan_status (
    shop integer NOT NULL,
    provider_id text COLLATE "C" NOT NULL,
    delivery smallint NOT NULL,
    delivery_at_ms bigint NOT NULL,
    delivery_error integer NOT NULL,
    category text COLLATE "C" NOT NULL,
    pricing text COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, provider_id)
);

CREATE TABLE call (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    turn bigint NOT NULL,
    place integer NOT NULL,
    is_query boolean NOT NULL,
    deadline_ms bigint NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    not_before_ms bigint NOT NULL DEFAULT 0,
    lease_until_ms bigint NOT NULL DEFAULT 0,
    body bytea NOT NULL,
    PRIMARY KEY (shop, seq)
);
CREATE UNIQUE INDEX call_place ON call (shop, conversation, turn, place);
CREATE INDEX call_due ON call (shop, not_before_ms, seq);

CREATE TABLE consent (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    conversation bigint NOT NULL,
    name text COLLATE "C" NOT NULL,
    given boolean NOT NULL,
    at_ms bigint NOT NULL,
    proof text COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, seq)
);
CREATE INDEX consent_conversation ON consent (shop, conversation, seq);

CREATE TABLE quarantine (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    shop integer NOT NULL,
    at_ms bigint NOT NULL,
    reason text COLLATE "C" NOT NULL,
    detail text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (shop, seq)
);

CREATE TABLE template (
    shop integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    language text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    category text COLLATE "C" NOT NULL,
    quality text COLLATE "C" NOT NULL,
    vendor_id bigint NOT NULL,
    components text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (shop, name, language)
);

CREATE TABLE health (
    shop integer NOT NULL,
    number text COLLATE "C" NOT NULL,
    quality text COLLATE "C" NOT NULL,
    tier text COLLATE "C" NOT NULL,
    stopped text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    PRIMARY KEY (shop, number)
);

CREATE TABLE revision (
    shop integer NOT NULL,
    revision bytea NOT NULL,
    at_ms bigint NOT NULL,
    standard bytea NOT NULL,
    source bytea NOT NULL,
    PRIMARY KEY (shop, revision)
);

ALTER TABLE conversation SET (fillfactor = 70);
ALTER TABLE conversation ALTER COLUMN session SET STORAGE EXTERNAL;
ALTER TABLE outbox SET (fillfactor = 80);

-- Rows of other shops do not exist, for the owner of the tables too.
DO $$ DECLARE name text; BEGIN
    FOREACH name IN ARRAY ARRAY[
        'shops', 'meta', 'seen', 'identity', 'conversation', 'inbox',
        'turn', 'outbox', 'orphan_status', 'call', 'consent', 'quarantine',
        'template', 'health', 'revision'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format(
            'CREATE POLICY own_shop ON %I USING (shop = nullif(current_setting(''duka.shop'', true), '''')::integer)',
            name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO duka_app', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['inbox', 'conversation', 'outbox', 'call'] LOOP
        EXECUTE format('CREATE POLICY due ON %I FOR SELECT TO duka_due USING (true)', name);
    END LOOP;
END $$;

GRANT SELECT (shop, seq, conversation, received_ms, lease_until_ms) ON inbox TO duka_due;
GRANT SELECT (shop, wake_at_ms) ON conversation TO duka_due;
GRANT SELECT (shop, seq, number, lane, state, not_before_ms, lease_until_ms) ON outbox TO duka_due;
GRANT SELECT (shop, seq, not_before_ms, lease_until_ms) ON call TO duka_due;

-- Which shops have such work due, and since when: 1 inbox, 2 wakes, 3 sends (per number), 4 calls, 5 holds and leases.
-- Steps from shop to shop along an index, past the rows between.
CREATE FUNCTION duka_due(work integer, now_ms bigint)
RETURNS TABLE (due_shop integer, due_number text, since_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    clock_ms bigint := duka_clock_ms();
BEGIN
    due_shop := -1;
    due_number := '';
    LOOP
        CASE work
        WHEN 1 THEN
            SELECT min(i.shop) INTO due_shop FROM inbox i WHERE i.shop > due_shop;
            SELECT i.received_ms INTO since_ms FROM inbox i
            WHERE i.shop = due_shop AND i.lease_until_ms <= clock_ms AND NOT EXISTS (
                SELECT FROM inbox e WHERE e.shop = i.shop AND e.conversation = i.conversation AND e.seq < i.seq)
            ORDER BY i.seq LIMIT 1;
        WHEN 2 THEN
            SELECT min(c.shop) INTO due_shop FROM conversation c WHERE c.shop > due_shop AND c.wake_at_ms IS NOT NULL;
            SELECT min(c.wake_at_ms) INTO since_ms FROM conversation c
            WHERE c.shop = due_shop AND c.wake_at_ms <= now_ms;
        WHEN 3 THEN
            SELECT o.shop, o.number INTO due_shop, due_number FROM outbox o
            WHERE o.state = 2 AND (o.shop, o.number) > (due_shop, due_number) ORDER BY o.shop, o.number LIMIT 1;
            SELECT min(first.at_ms) INTO since_ms FROM (VALUES (1), (2), (3)) AS lanes (lane), LATERAL (
                SELECT o.not_before_ms AS at_ms FROM outbox o
                WHERE o.shop = due_shop AND o.number = due_number AND o.lane = lanes.lane AND o.state = 2
                AND o.not_before_ms <= now_ms ORDER BY o.not_before_ms LIMIT 1) first;
        WHEN 4 THEN
            SELECT min(c.shop) INTO due_shop FROM call c WHERE c.shop > due_shop;
            SELECT c.not_before_ms INTO since_ms FROM call c
            WHERE c.shop = due_shop AND c.not_before_ms <= now_ms AND c.lease_until_ms <= clock_ms
            ORDER BY c.not_before_ms, c.seq LIMIT 1;
        WHEN 5 THEN
            SELECT least(
                (SELECT min(o.shop) FROM outbox o WHERE o.shop > due_shop AND o.state = 3),
                (SELECT min(o.shop) FROM outbox o WHERE o.shop > due_shop AND o.state = 4)) INTO due_shop;
            SELECT least(
                (SELECT min(o.lease_until_ms) FROM outbox o
                 WHERE o.shop = due_shop AND o.state = 3 AND o.lease_until_ms <= clock_ms),
                (SELECT min(o.not_before_ms) FROM outbox o
                 WHERE o.shop = due_shop AND o.state = 4 AND o.not_before_ms <= now_ms)) INTO since_ms;
        END CASE;
        EXIT WHEN due_shop IS NULL;
        IF since_ms IS NOT NULL THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

REVOKE EXECUTE ON FUNCTION duka_due(integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duka_due(integer, bigint) TO duka_app;
DO $$ BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO duka_app', current_schema());
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO duka_due', current_schema());
    ALTER FUNCTION duka_due(integer, bigint) OWNER TO duka_due;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM duka_due', current_schema());
END $$;
