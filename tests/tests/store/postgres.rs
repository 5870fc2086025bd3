//! What only the store for several machines promises: shops kept apart by the database itself, two processes at once.

use std::str::FromStr;
use std::time::Duration;

use duka_runtime::id::ShopScope;
use duka_runtime::store::*;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, Row};

pub use crate::database::database;
use crate::make::*;

const SERVICE: [Lane; 1] = [Lane::Service];

/// The database as its owner sees it, beside the store.
async fn outside(url: &str) -> PgConnection {
    let options = PgConnectOptions::from_str(url).expect("it is an address");
    options.connect().await.expect("the database answers")
}

async fn two_processes() -> Result<(Store, Store, ShopScope, String)> {
    let url = database().await;
    let (one, two) = (Store::postgres(&url).await?, Store::postgres(&url).await?);
    let shop = one.shop("boutique").await?;
    Ok((one, two, shop, url))
}

/// T11: no table without a shop, none without forced row-level security, and nobody who could walk past it.
#[tokio::test]
async fn every_table_is_kept_to_its_shop() -> Result<()> {
    let url = database().await;
    Store::postgres(&url).await?;
    let mut owner = outside(&url).await;
    let tables = "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
             (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
              WHERE i.indrelid = c.oid AND i.indisprimary),
             (SELECT string_agg(p.polname || ' ' || coalesce((SELECT string_agg(rolname, ',') FROM pg_roles r
                  WHERE r.oid = ANY (p.polroles)), 'all'), '; ' ORDER BY p.polname)
              FROM pg_policy p WHERE p.polrelid = c.oid),
             pg_get_userbyid(c.relowner) = 'duka_app'
         FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
             AND c.relname <> '_sqlx_migrations' ORDER BY 1";
    let mut names = Vec::new();
    for row in owner.fetch_all(tables).await.expect("the catalogue is readable") {
        let name: String = row.get(0);
        assert!(row.get::<bool, _>(1), "{name} has no forced row-level security");
        assert_eq!(row.get::<Option<&str>, _>(2), Some("shop"), "{name}: its key starts with the shop");
        let looked_across = ["inbox", "conversation", "outbox", "call", "post", "payment"].contains(&name.as_str());
        let policies = if looked_across { "due duka_due; own_shop all" } else { "own_shop all" };
        assert_eq!(row.get::<Option<&str>, _>(3), Some(policies), "{name}");
        assert!(!row.get::<bool, _>(4), "{name} belongs to the server's role");
        names.push(name);
    }
    assert_eq!(names.len(), 21, "{names:?}");
    let powers = "SELECT count(*) FROM pg_roles WHERE rolname IN ('duka_app', 'duka_due')
         AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcanlogin AND NOT rolcreaterole";
    assert_eq!(owner.fetch_one(powers).await.expect("roles are readable").get::<i64, _>(0), 2);
    let texts = "SELECT count(*) FROM information_schema.column_privileges WHERE grantee = 'duka_due'
         AND column_name IN ('body', 'session', 'event', 'trace', 'value', 'provider_id')";
    assert_eq!(owner.fetch_one(texts).await.expect("grants are readable").get::<i64, _>(0), 0);
    Ok(())
}

#[tokio::test]
async fn a_transaction_of_one_shop_has_no_power_over_another() -> Result<()> {
    let url = database().await;
    let store = Store::postgres(&url).await?;
    let (shop, other) = two_shops(&store).await?;
    let mut tx = store.begin(other).await?;
    tx.create_conversations(&[(conversation(other, 1), vec![phone(other, "254")])]).await?;
    tx.add_sends(&[send(other, 1, 1)]).await?;
    tx.commit().await?;

    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.find_conversations(&[phone(other, "254")]).await?, [None]);
    assert_eq!(tx.conversations(&[(other, id(1))]).await?, [None]);
    assert_eq!(tx.send(other, send(other, 1, 1).id).await?, None);
    assert!(!tx.erase_conversation(other, id(1)).await?);
    tx.erase_shop(other).await?;
    tx.commit().await?;
    let mut tx = store.begin(shop).await?;
    assert!(tx.add_sends(&[send(other, 1, 2)]).await.is_err(), "a row of another shop is refused");
    tx.rollback().await?;
    let mut tx = store.begin(other).await?;
    assert_eq!(tx.conversations(&[(other, id(1))]).await?, [Some(conversation(other, 1))]);
    assert_eq!(tx.sends_of(other, id(1), 0, 9).await?.len(), 1);
    Ok(())
}

/// A transaction of some shops does what it does for each, and nothing for those that it was not begun for.
#[tokio::test]
async fn a_transaction_of_some_shops_has_no_power_over_the_rest() -> Result<()> {
    let url = database().await;
    let store = Store::postgres(&url).await?;
    let (one, two) = two_shops(&store).await?;
    let rest = store.shop("rest").await?;
    let mut tx = store.begin(rest).await?;
    tx.create_conversations(&[(conversation(rest, 1), vec![phone(rest, "254")])]).await?;
    tx.add_sends(&[send(rest, 1, 1)]).await?;
    tx.commit().await?;

    let mut tx = store.begin_for(&[two, one, two]).await?;
    let new = [(conversation(one, 1), vec![phone(one, "254")]), (conversation(two, 1), vec![phone(two, "254")])];
    assert_eq!(tx.create_conversations(&new).await?, [id(1); 2]);
    tx.add_sends(&[send(one, 1, 1), send(two, 1, 1)]).await?;
    let asked = [phone(one, "254"), phone(rest, "254"), phone(two, "254")];
    assert_eq!(tx.find_conversations(&asked).await?, [Some(id(1)), None, Some(id(1))]);
    let room = |shop| Room { shop, number: "N1".into(), limit: 9 };
    let claimed = tx.claim_sends_of(&[room(one), room(rest), room(two)], &SERVICE, claim(10, LONG_MS)).await?;
    let whose: Vec<_> = claimed.iter().map(|claimed| (claimed.send.shop, claimed.identities.len())).collect();
    assert_eq!(whose, [(one, 1), (two, 1)]);
    tx.erase_shop(rest).await?;
    tx.commit().await?;

    let mut tx = store.begin_for(&[one, two]).await?;
    assert!(tx.add_sends(&[send(one, 1, 2), send(rest, 1, 2)]).await.is_err(), "a row of another shop is refused");
    tx.rollback().await?;
    let mut tx = store.begin_for(&[]).await?;
    assert_eq!(tx.find_conversations(&asked).await?, [None; 3]);
    tx.rollback().await?;
    let mut tx = store.begin(rest).await?;
    assert_eq!(tx.conversations(&[(rest, id(1))]).await?, [Some(conversation(rest, 1))]);
    assert_eq!(numbers(&tx.claim_sends(rest, "N1", &SERVICE, claim(10, LONG_MS)).await?), [1]);
    Ok(())
}

#[tokio::test]
async fn a_conversation_that_another_process_holds_is_passed_over() -> Result<()> {
    let (one, two, shop, _) = two_processes().await?;
    let mut tx = one.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![]), (conversation(shop, 2), vec![])]).await?;
    tx.commit().await?;
    let mut first = one.begin(shop).await?;
    first.lock_conversations(&[(shop, id(1))]).await?;
    let mut second = two.begin(shop).await?;
    let locked = second.lock_conversations(&[(shop, id(1)), (shop, id(2))]).await?;
    assert_eq!(locked, [None, Some(conversation(shop, 2))]);
    second.enqueue(&[event(shop, 1, "waits")]).await?;
    second.commit().await?;
    first.rollback().await?;
    let mut first = one.begin(shop).await?;
    let free = first.lock_conversations(&[(shop, id(1))]).await?;
    assert_eq!(free[0].as_ref().map(|row| row.pending), Some(1));
    Ok(())
}

#[tokio::test]
async fn two_processes_never_claim_the_same() -> Result<()> {
    let (one, two, shop, _) = two_processes().await?;
    let mut tx = one.begin(shop).await?;
    for n in 1..=20 {
        tx.create_conversations(&[(conversation(shop, n), vec![])]).await?;
        tx.enqueue(&[event(shop, n, &format!("{n:02}"))]).await?;
        tx.add_sends(&[send(shop, n, n as u8)]).await?;
        tx.add_calls(&[call(shop, n, 1)]).await?;
    }
    tx.commit().await?;
    let (mut a, mut b) = (one.begin(shop).await?, two.begin(shop).await?);
    let (mut sends, mut events, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for tx in [&mut a, &mut b] {
        sends.extend(numbers(&tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?));
        events.extend(texts(&tx.take_inbox(shop, None, claim(10, LONG_MS)).await?));
        calls.extend(tx.claim_calls(shop, claim(10, LONG_MS)).await?.iter().map(|claimed| claimed.call.conversation.0));
    }
    assert_eq!(sends, (1..=20).collect::<Vec<u8>>());
    assert_eq!(calls, (1..=20).collect::<Vec<u64>>());
    assert_eq!(events.len(), 10, "the second finds the heads held: they are the first's");
    a.commit().await?;
    b.commit().await?;
    let mut rest = two.begin(shop).await?;
    events.extend(texts(&rest.take_inbox(shop, None, claim(10, LONG_MS)).await?));
    assert_eq!(events, (1..=20).map(|n| format!("{n:02}")).collect::<Vec<_>>());
    Ok(())
}

/// Whichever commits first, one send of the conversation is ready afterwards, and not two or none.
#[tokio::test]
async fn a_send_added_while_the_one_before_it_ends_is_neither_lost_nor_early() -> Result<()> {
    let (one, two, shop, _) = two_processes().await?;
    let mut tx = one.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
    tx.add_sends(&[send(shop, 1, 1)]).await?;
    tx.commit().await?;
    for n in 1..6_u8 {
        let mut tx = one.begin(shop).await?;
        assert_eq!(numbers(&tx.claim_sends(shop, "N1", &SERVICE, claim(10, LONG_MS)).await?), [n]);
        tx.commit().await?;
        let end = [settlement(shop, n, 1, accepted(&format!("wamid.{n}")))];
        let next = [send(shop, 1, n + 1)];
        let (mut settling, mut adding) = (one.begin(shop).await?, two.begin(shop).await?);
        if n % 2 == 0 {
            settling.settle_sends(&end).await?;
            let waits = tokio::spawn(async move { adding.add_sends(&next).await.map(|()| adding) });
            tokio::time::sleep(Duration::from_millis(20)).await;
            settling.commit().await?;
            waits.await.expect("the task ends")?.commit().await?;
        } else {
            adding.add_sends(&next).await?;
            let waits = tokio::spawn(async move { settling.settle_sends(&end).await.map(|_| settling) });
            tokio::time::sleep(Duration::from_millis(20)).await;
            adding.commit().await?;
            waits.await.expect("the task ends")?.commit().await?;
        }
        let mut tx = one.read(shop).await?;
        let states: Vec<_> = tx.sends_of(shop, id(1), 0, 99).await?.iter().map(|row| row.facts.state).collect();
        assert_eq!(states.last(), Some(&SendState::Ready), "{states:?}");
        assert_eq!(states.iter().filter(|state| !state.is_final()).count(), 1, "{states:?}");
    }
    Ok(())
}

#[tokio::test]
async fn two_processes_that_meet_a_customer_at_once_make_one_conversation() -> Result<()> {
    let (one, two, shop, _) = two_processes().await?;
    let meet = |store: Store, n: u64| async move {
        let meet = move |mut tx: Tx| async move {
            let new = [(conversation(shop, n), vec![phone(shop, "254"), user(shop, "KE.1")])];
            let ids = tx.create_conversations(&new).await?;
            Ok((tx, ids))
        };
        store.transact(shop, meet).await
    };
    let mut meetings = Vec::new();
    for n in 1..=6 {
        let store = if n % 2 == 0 { one.clone() } else { two.clone() };
        meetings.push(tokio::spawn(meet(store, n)));
    }
    let mut ids = Vec::new();
    for meeting in meetings {
        ids.extend(meeting.await.expect("the task ends")?);
    }
    let mut tx = one.read(shop).await?;
    let all = tx.list_conversations(shop, None, 9).await?;
    assert_eq!(ids, vec![all[0].id; 6]);
    assert_eq!((all.len(), tx.identities_of(shop, all[0].id).await?.len()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn a_deadlock_is_tried_again_unseen() -> Result<()> {
    let (one, two, shop, _) = two_processes().await?;
    let seen = |n: u8| Sighting { shop, key: key(n), received_ms: 1 };
    let crossing = |store: Store, first: u8, second: u8| async move {
        let cross = move |mut tx: Tx| async move {
            tx.admit(&[seen(first)]).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let admitted = tx.admit(&[seen(second)]).await?;
            Ok((tx, admitted))
        };
        store.transact(shop, cross).await
    };
    let (a, b) = tokio::join!(crossing(one, 1, 2), crossing(two, 2, 1));
    assert_eq!([a?, b?].concat().iter().filter(|first| **first).count(), 1, "the later one sees both as copies");
    Ok(())
}

#[tokio::test]
async fn connections_that_a_restart_has_broken_are_replaced() -> Result<()> {
    let (store, _, shop, url) = two_processes().await?;
    let mut open = store.begin(shop).await?;
    open.meta_set(shop, "k", b"lost").await?;
    let mut done = store.begin(shop).await?;
    done.admit(&[Sighting { shop, key: key(1), received_ms: 1 }]).await?;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()";
    outside(&url).await.execute(kill).await.expect("the owner may");
    let broken = open.meta_get(shop, "k").await;
    assert!(matches!(&broken, Err(error) if error.is_transient()), "{broken:?}");
    drop(open);
    let unknown = done.commit().await;
    assert!(matches!(unknown, Err(Error::CommitUnknown(_))), "{unknown:?}");
    for _ in 0..4 {
        let mut tx = store.begin(shop).await?;
        assert_eq!(tx.meta_get(shop, "k").await?, None);
        tx.commit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_set_once_is_the_same_for_all_who_set_it() -> Result<()> {
    let (one, two, ..) = two_processes().await?;
    let mut first = one.begin(ShopScope::NONE).await?;
    let mut second = two.begin(ShopScope::NONE).await?;
    assert_eq!(first.meta_keep(ShopScope::NONE, "key", b"one's").await?, b"one's");
    let (held, committed) = tokio::join!(second.meta_keep(ShopScope::NONE, "key", b"two's"), first.commit());
    committed?;
    assert_eq!(held?, b"one's");
    Ok(())
}

#[tokio::test]
async fn a_commit_wakes_those_who_wait_in_other_processes() -> Result<()> {
    let (one, two, shop, _) = two_processes().await?;
    let mut woken = two.subscribe(Work::Inbox);
    let mut own = one.subscribe(Work::Inbox);
    woken.mark_unchanged();
    let mut tx = one.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![])]).await?;
    tx.enqueue(&[event(shop, 1, "hi")]).await?;
    tx.commit().await?;
    assert!(own.has_changed().expect("the store lives"), "one's own are told at once");
    own.mark_unchanged();
    let told = tokio::time::timeout(Duration::from_secs(20), woken.changed()).await;
    told.expect("a notice arrives").expect("the store lives");
    Ok(())
}

#[tokio::test]
async fn the_database_of_a_newer_version_is_refused() -> Result<()> {
    let url = database().await;
    Store::postgres(&url).await?;
    let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'later', true, '', 0)";
    outside(&url).await.execute(step).await.expect("the owner may");
    let refusal = Store::postgres(&url).await.map(|_| ());
    assert!(matches!(refusal, Err(Error::Newer { found: 999, known: 1.. })), "{refusal:?}");
    Ok(())
}

/// A table that a step wants to make is there already, so that the step breaks off in its middle (F32).
#[tokio::test]
async fn a_step_of_the_schema_that_breaks_off_leaves_nothing_and_is_taken_again() -> Result<()> {
    for (obstacle, before) in [("revision", "shops"), ("post", "recipient")] {
        let url = database().await;
        let mut outside = outside(&url).await;
        outside.execute(AssertSqlSafe(format!("CREATE TABLE {obstacle} (in_the_way integer)"))).await.expect("made");
        let mut refusals = Vec::new();
        let tables =
            "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = current_schema()";
        for _ in 0..2 {
            let refusal = Store::postgres(&url).await.map(|_| ()).expect_err("it is refused").to_string();
            assert!(refusal.contains("could not be brought up to date"), "{refusal}");
            let kept: String = outside.fetch_one(tables).await.expect("an answer").get(0);
            assert!(!kept.split(' ').any(|table| table == before), "{obstacle}: {kept}");
            refusals.push((refusal, kept));
        }
        assert_eq!(refusals[0], refusals[1], "nothing half made is left");
        outside.execute(AssertSqlSafe(format!("DROP TABLE {obstacle}"))).await.expect("gone");
        let store = Store::postgres(&url).await?;
        let shop = store.shop("boutique").await?;
        let mut tx = store.begin(shop).await?;
        tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Each with what happened and what to do, and with nothing of the library's that it came through.
#[tokio::test]
async fn a_database_that_can_not_be_opened_is_refused_with_what_to_do() {
    let url = database().await;
    let options = PgConnectOptions::from_str(&url).expect("it is an address");
    let elsewhere = |options: PgConnectOptions| options.to_url_lossy().to_string();
    let silent = "postgres://duka@127.0.0.1:1/duka".to_string();
    let cases = [
        (elsewhere(options.clone().database("no_such_database")), "does not exist", "Make it, `CREATE DATABASE"),
        (elsewhere(options.username("no_such_user")), "lets this user not in", "Are user and password"),
        (silent, "the database does not answer: Connection refused", "Is PostgreSQL running"),
        ("postgres://duka@host:port/duka".to_string(), "address cannot be read", "Write `postgres://USER:PASSWORD@"),
    ];
    for (url, said, help) in cases {
        for error in [
            Store::postgres(&url).await.map(|_| ()).expect_err("it is refused"),
            Store::look_at_postgres(&url).await.map(|_| ()).expect_err("it is refused"),
        ] {
            let (told, next) = (error.to_string(), error.help().unwrap_or_default());
            assert!(told.contains(said) && next.starts_with(help), "{told}: {next}");
            assert!(!told.contains("error returned") && !told.contains("communicating"), "{told}");
        }
    }
}

/// As the book has an operator make it: the user owns the database, may make roles, and nothing else.
#[tokio::test]
async fn a_user_that_is_no_superuser_makes_the_schema_and_one_without_rights_is_told_which() {
    let url = database().await;
    let mut owner = outside(&url).await;
    let name: String = owner.fetch_one("SELECT current_database()").await.expect("it has a name").get(0);
    for (user, rights) in [("maker", "CREATEROLE"), ("reader", "NOCREATEROLE")] {
        let made = format!("CREATE ROLE {name}_{user} LOGIN {rights}");
        owner.execute(AssertSqlSafe(made)).await.expect("roles may be made");
    }
    let own = format!("ALTER DATABASE {name} OWNER TO {name}_maker");
    owner.execute(AssertSqlSafe(own)).await.expect("the owner may be changed");
    let options = PgConnectOptions::from_str(&url).expect("it is an address");
    let as_user = |user: &str| options.clone().username(&format!("{name}_{user}")).to_url_lossy().to_string();
    let refused = Store::postgres(&as_user("reader")).await.map(|_| ()).expect_err("it may do nothing");
    let help = refused.help().unwrap_or_default();
    assert!(refused.to_string().contains("permission denied") && help.contains("CREATEROLE"), "{refused}: {help}");
    Store::postgres(&as_user("maker")).await.map(|_| ()).expect("it may");
}
