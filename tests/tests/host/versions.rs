//! Two versions of Duka on one store, while machines are brought from one to the next (F109).

use std::str::FromStr;

use duka_runtime::store::{Error, Store};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

use crate::house::House;

#[tokio::test]
async fn an_older_process_goes_on_beside_a_newer_schema_and_starts_no_more() {
    let url = crate::database::database().await;
    let house = House::new(Store::postgres(&url).await.expect("a new database")).await;
    house.holds.begin(false).await.expect("begun");
    let conversation = house.begin("1").await;
    house.chat("1", "m1", "bag").await;
    let options = PgConnectOptions::from_str(&url).expect("an address");
    let mut newer = options.connect().await.expect("the server answers");
    let step = "DO $$ DECLARE it text; BEGIN
            FOR it IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename <> '_sqlx_migrations'
            LOOP EXECUTE format('ALTER TABLE %I ADD COLUMN later bigint NOT NULL DEFAULT 7', it); END LOOP;
        END $$;
        INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'later', true, '', 0)";
    newer.execute(AssertSqlSafe(step.to_string())).await.expect("the step is taken");
    for text in ["a1", "more", "bag"] {
        house.chat("1", text, text).await;
    }
    house.wait(5_000).await;
    let said = house.said(conversation).await;
    assert_eq!(said, ["In your bag: 1", "ack a1 n=1", "One", "Two", "Three", "In your bag: 2"]);
    assert_eq!(house.provider.heard(), said);
    let refused = Store::postgres(&url).await.map(|_| ()).expect_err("it does not start");
    assert!(matches!(refused, Error::Newer { found: 999, .. }), "{refused}");
    assert!(refused.to_string().ends_with("start the newer version"), "{refused}");
}
