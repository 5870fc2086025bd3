//! Two versions of Duka on one store, while machines are brought from one to the next (F109): the older waits for the newer with
//! what it cannot read, loses none of it, and goes on with the rest.

use std::str::FromStr;

use duka_runtime::host::codes;
use duka_runtime::host::writer::Took;
use duka_runtime::id::{ConversationId, ShopScope};
use duka_runtime::store::{
    Advance, Conversation, Counts, Error, InboxBody, InboxRow, NewCall, NewSend, SendState, Store,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

use crate::house::{House, on_every_store};

const NEWER: &[u8] = b"9999.0.0";

/// Of a shape that this version does not know.
const ODD: [u8; 2] = [250, 250];

async fn change_session(house: &House, id: ConversationId, change: impl FnOnce(Conversation) -> Conversation) {
    let mut tx = house.host.store.begin(house.shop).await.expect("a transaction");
    let row = tx.conversations(&[(house.shop, id)]).await.expect("the row").remove(0).expect("it is there");
    let row = change(row);
    tx.save_conversations(&[Advance { conversation: &row, from_turn: row.turn }]).await.expect("saved");
    tx.commit().await.expect("committed");
    drop(house.host.recall.take(house.shop, id));
}

async fn counts(house: &House) -> Counts {
    house.host.store.begin(house.shop).await.expect("a transaction").counts(house.shop).await.expect("counts")
}

#[test]
fn a_conversation_that_a_newer_version_has_advanced_waits_for_it_with_its_messages_and_its_timer() {
    on_every_store(async |store: Store| {
        let house = House::new(store).await;
        let (theirs, ours) = (house.begin("1").await, house.begin("2").await);
        house.chat("1", "m0", "chatter").await;
        let mut before = Vec::new();
        change_session(&house, theirs, |row| {
            before.clone_from(&row.session);
            Conversation { session: [&[200], &row.session[1..]].concat(), ..row }
        })
        .await;
        let both = vec![house.text("1", "m1", "a1"), house.text("2", "n1", "b1")];
        assert_eq!(house.receive(both).await.expect("kept"), [Took::Queued, Took::Advanced]);
        house.wait(90_000).await;
        assert_eq!(house.said(ours).await, ["ack b1 n=1"]);
        let (Counts { inbox, quarantine, .. }, said) = (counts(&house).await, house.said(theirs).await);
        assert_eq!((inbox, quarantine, said), (1, 0, vec!["I talk to myself.".to_string()]));
        change_session(&house, theirs, |row| {
            assert!(row.wake_at_ms.is_some(), "it is still woken");
            Conversation { session: before, ..row }
        })
        .await;
        house.wait(1_000).await;
        let (Counts { inbox, quarantine, .. }, said) = (counts(&house).await, house.said(theirs).await);
        assert_eq!((inbox, quarantine), (0, 0));
        assert!(said.len() > 1, "{said:?}: the message has had its turn");
    });
}

#[test]
fn rows_that_only_a_newer_version_can_read_are_left_to_it_and_are_damage_otherwise() {
    for is_newer in [true, false] {
        on_every_store(async |store: Store| {
            let house = House::new(store).await;
            house.holds.begin(true).await.expect("begun");
            let conversation = house.begin("1").await;
            house.chat("1", "m1", "a1").await;
            if is_newer {
                let mut tx = house.host.store.begin(ShopScope::NONE).await.expect("a transaction");
                tx.meta_set(ShopScope::NONE, "version", NEWER).await.expect("noted");
                tx.commit().await.expect("committed");
                house.holds.note().await.expect("noted");
            }
            odd_rows(&house, conversation).await;
            house.wait(60_000).await;
            let Counts { inbox, quarantine, ready, calls, .. } = counts(&house).await;
            let left = if is_newer { (1, 0, 1, 1) } else { (0, 1, 0, 0) };
            assert_eq!((inbox, quarantine, ready, calls), left);
            let facts = house.rows(conversation).await.remove(1).facts;
            let end = if is_newer { (SendState::Ready, 0) } else { (SendState::Failed, codes::UNREADABLE) };
            assert_eq!((facts.state, facts.error), end);
        });
    }
}

/// An event, a send and a call that cannot be read.
async fn odd_rows(house: &House, conversation: ConversationId) {
    let (shop, now_ms, body) = (house.shop, house.now_ms(), ODD.to_vec());
    let known = house.rows(conversation).await.remove(0).send;
    let mut tx = house.host.store.begin(shop).await.expect("a transaction");
    let send = NewSend { id: house.host.mint.send(), index: known.index + 1, body: body.clone(), ..known };
    tx.add_sends(&[send]).await.expect("added");
    let deadline_ms = now_ms + 3_600_000;
    let call = NewCall { shop, conversation, turn: 1, index: 7, query: true, body: body.clone(), deadline_ms };
    tx.add_calls(&[call]).await.expect("added");
    let body = InboxBody::Event(body);
    tx.enqueue(&[InboxRow { shop, seq: 0, conversation, body, received_ms: now_ms, attempts: 0 }])
        .await
        .expect("added");
    tx.commit().await.expect("committed");
}

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
