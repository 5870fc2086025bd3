//! What only the embedded store promises: one process, no step back, nothing readable after an erasure.

use std::path::Path;

use duka_runtime::store::*;

use crate::make::*;

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("data").join("duka.db");
    let first = Store::sqlite(&path).await?;
    let refusal = Store::sqlite(&path).await.map(|_| ()).map_err(|error| error.to_string());
    let expected = "is in use by another `duka serve`: stop that one, or use PostgreSQL for several processes";
    assert_eq!(refusal, Err(format!("{} {expected}", path.display())));
    drop(first);
    Store::sqlite(&path).await.map(|_| ())
}

#[tokio::test]
async fn what_was_committed_is_there_when_the_file_is_opened_again() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    let store = Store::sqlite(&path).await?;
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
    tx.commit().await?;
    drop(store);
    let store = Store::sqlite(&path).await?;
    assert_eq!(store.shop("boutique").await?, shop);
    let mut tx = store.read(shop).await?;
    assert_eq!(tx.conversations(&[(shop, id(1))]).await?, [Some(conversation(shop, 1))]);
    Ok(())
}

#[tokio::test]
async fn a_reader_sees_what_was_committed_and_writes_nothing() -> Result<()> {
    let folder = folder();
    let store = Store::sqlite(&folder.path().join("duka.db")).await?;
    let shop = store.shop("boutique").await?;
    let mut writer = store.begin(shop).await?;
    writer.meta_set(shop, "k", b"v").await?;
    let mut reader = store.read(shop).await?;
    assert_eq!(reader.meta_get(shop, "k").await?, None);
    assert!(reader.meta_set(shop, "k", b"w").await.is_err());
    writer.commit().await?;
    assert_eq!(store.read(shop).await?.meta_get(shop, "k").await?, Some(b"v".to_vec()));
    Ok(())
}

#[tokio::test]
async fn the_file_of_a_newer_version_is_refused() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    drop(Store::sqlite(&path).await?);
    let newer = rusqlite::Connection::open(&path).expect("the file opens");
    let step = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                VALUES (999, 'later', 1, x'00', 0)";
    newer.execute(step, []).expect("the step is noted");
    drop(newer);
    let refusal = Store::sqlite(&path).await.map(|_| ());
    assert!(matches!(refusal, Err(Error::Newer { found: 999, known: 1.. })), "{refusal:?}");
    Ok(())
}

/// A table that a later step wants to make is there already, so that the step breaks off in its middle.
#[tokio::test]
async fn a_step_of_the_schema_that_breaks_off_leaves_nothing_and_is_taken_again() -> Result<()> {
    let folder = folder();
    for (obstacle, before) in [("revision", "shops"), ("post", "recipient")] {
        let path = folder.path().join(format!("{obstacle}.db"));
        let outside = rusqlite::Connection::open(&path).expect("a new file");
        let tables = || -> Vec<String> {
            let mut select =
                outside.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").expect("a query");
            let names = select.query_map([], |row| row.get(0)).expect("rows");
            names.collect::<rusqlite::Result<_>>().expect("names")
        };
        let steps = || -> i64 {
            outside.query_row("SELECT count(*) FROM _sqlx_migrations", [], |row| row.get(0)).expect("a count")
        };
        outside.execute_batch(&format!("CREATE TABLE {obstacle} (in_the_way INTEGER)")).expect("made");
        let refusal = Store::sqlite(&path).await.map(|_| ()).map_err(|error| error.to_string());
        let refusal = refusal.expect_err("it is refused");
        assert!(refusal.contains("could not be brought up to date"), "{refusal}");
        let (kept, taken) = (tables(), steps());
        assert!(!kept.iter().any(|table| table == before), "{obstacle}: {kept:?}");
        let again = Store::sqlite(&path).await.map(|_| ()).expect_err("and again").to_string();
        assert_eq!((tables(), steps(), again), (kept, taken, refusal), "{obstacle}: nothing half made is left");
        outside.execute_batch(&format!("DROP TABLE {obstacle}")).expect("gone");
        let store = Store::sqlite(&path).await?;
        let shop = store.shop("boutique").await?;
        let mut tx = store.begin(shop).await?;
        tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
        tx.commit().await?;
        assert!(steps() > taken, "{obstacle}: the rest was taken");
    }
    Ok(())
}

#[tokio::test]
async fn a_tool_that_holds_the_file_for_a_moment_is_waited_for() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    let store = Store::sqlite(&path).await?;
    let shop = store.shop("boutique").await?;
    let tool = rusqlite::Connection::open(&path).expect("the file opens");
    tool.execute_batch("BEGIN IMMEDIATE").expect("it is free");
    let waiting = tokio::spawn(async move { store.begin(shop).await.map(|_| ()) });
    tokio::task::yield_now().await;
    tool.execute_batch("ROLLBACK").expect("it was begun");
    waiting.await.expect("the task ends")
}

/// I28, F103, F104: by the bytes of every file of the database.
#[tokio::test]
async fn after_an_erasure_no_byte_of_it_is_found() -> Result<()> {
    let folder = folder();
    let store = Store::sqlite(&folder.path().join("duka.db")).await?;
    let shop = store.shop("boutique").await?;
    for (n, word) in [(1, "Wanjiku"), (2, "Achieng")] {
        let mut tx = store.begin(shop).await?;
        let session = [word, "session"].concat().into_bytes();
        let row = Conversation { session, ..conversation(shop, n) };
        tx.create_conversations(&[(row, vec![phone(shop, &format!("25470{n}{word}"))])]).await?;
        tx.enqueue(&[event(shop, n, &format!("{word} in the inbox"))]).await?;
        let body = word.repeat(2_000).into_bytes();
        tx.add_sends(&[NewSend { body, ..send(shop, n, n as u8) }]).await?;
        tx.add_quarantine(&[QuarantineEntry {
            shop: None,
            at_ms: 1,
            reason: "poison".into(),
            detail: String::new(),
            body: format!("from 25470{n}{word}").into_bytes(),
        }])
        .await?;
        tx.commit().await?;
    }
    assert!(found(folder.path(), "Wanjiku") > 0 && found(folder.path(), "Achieng") > 0);
    let mut tx = store.begin(shop).await?;
    tx.erase_conversation(shop, id(1)).await?;
    assert_eq!(tx.erase_quarantined(duka_runtime::id::ShopScope::NONE, &["254701Wanjiku".into()]).await?, 1);
    tx.commit().await?;
    store.scrub().await?;
    assert_eq!(found(folder.path(), "Wanjiku"), 0);
    assert!(found(folder.path(), "Achieng") > 0);
    let mut tx = store.begin(shop).await?;
    tx.erase_shop(shop).await?;
    tx.commit().await?;
    store.scrub().await?;
    assert_eq!(found(folder.path(), "Achieng"), 1, "what could be routed to nobody is not the shop's");
    Ok(())
}

/// F41: a backup taken between two commits of a busy writer is whole, and its open sends are not repeated.
#[tokio::test]
async fn a_backup_of_a_busy_store_comes_back_with_nothing_to_repeat() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    let store = Store::sqlite(&path).await?;
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    tx.create_conversations(&[(conversation(shop, 1), vec![phone(shop, "254")])]).await?;
    tx.add_sends(&[send(shop, 1, 1), send(shop, 1, 2)]).await?;
    tx.commit().await?;
    let mut open = store.begin(shop).await?;
    open.enqueue(&[event(shop, 1, "not committed")]).await?;
    let backup = folder.path().join("backup.db");
    Store::backup_sqlite(&path, &backup)?;
    open.commit().await?;
    assert!(Store::backup_sqlite(&path, &backup).is_err(), "a backup replaces nothing");
    assert!(Store::restore_sqlite(&backup, &path, 50).await.is_err(), "a database is there");
    drop(store);

    let (store, parked) = Store::restore_sqlite(&backup, &folder.path().join("restored").join("duka.db"), 50).await?;
    assert_eq!(parked, Parked { sends: 2, ..Parked::default() });
    assert_eq!(store.shop("boutique").await?, shop);
    let mut tx = store.begin(shop).await?;
    assert_eq!(tx.find_conversations(&[phone(shop, "254")]).await?, [Some(id(1))]);
    assert_eq!(tx.claim_sends(shop, "N1", &[Lane::Service], claim(99, LONG_MS)).await?, []);
    tx.rollback().await
}

#[tokio::test]
async fn a_damaged_backup_is_not_served() -> Result<()> {
    let folder = folder();
    let store = Store::sqlite(&folder.path().join("duka.db")).await?;
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    for n in 1..200 {
        let row = Conversation { session: vec![n as u8; 900], ..conversation(shop, n) };
        tx.create_conversations(&[(row, vec![phone(shop, &format!("254{n}"))])]).await?;
    }
    tx.commit().await?;
    let backup = folder.path().join("backup.db");
    Store::backup_sqlite(&folder.path().join("duka.db"), &backup)?;
    let mut bytes = std::fs::read(&backup).expect("it was written");
    for page in (20..bytes.len() / 4_096).step_by(3) {
        bytes[page * 4_096..page * 4_096 + 64].fill(0xA5);
    }
    std::fs::write(&backup, bytes).expect("it can be written");
    let refusal = Store::restore_sqlite(&backup, &folder.path().join("restored.db"), 50).await.map(|_| ());
    assert!(matches!(refusal, Err(Error::Damaged { .. })), "{refusal:?}");
    assert!(!folder.path().join("restored.db").exists(), "nothing is left to be served");
    Ok(())
}

#[tokio::test]
async fn a_copy_that_was_broken_off_is_in_nobodys_way_and_is_not_put_back() -> Result<()> {
    let folder = folder();
    let (path, copy) = (folder.path().join("duka.db"), folder.path().join("copy.db"));
    let part = folder.path().join("copy.db.part");
    drop(Store::sqlite(&path).await?);
    let refused = |done: Result<()>| {
        let error = done.expect_err("it is refused");
        format!("{error} {}", error.help().unwrap_or_default())
    };
    std::fs::write(&part, "half of it").expect("a writable folder");
    let said = refused(Store::restore_sqlite(&part, &copy, 50).await.map(|_| ()));
    assert!(said.contains("is a backup that was broken off Restore one that was finished"), "{said}");
    Store::backup_sqlite(&path, &copy)?;
    assert!(copy.exists() && !part.exists());

    // What can not be taken away is named; what fails leaves nothing.
    std::fs::remove_file(&copy).expect("it was written");
    std::fs::create_dir(&part).expect("a writable folder");
    let said = refused(Store::backup_sqlite(&path, &copy));
    assert!(said.contains("copy.db.part` is in the way and cannot be removed"), "{said}");
    std::fs::remove_dir(&part).expect("it is empty");
    std::fs::write(folder.path().join("notes.db"), "x".repeat(5_000)).expect("a writable folder");
    let said = refused(Store::backup_sqlite(&folder.path().join("notes.db"), &copy));
    assert!(said.contains("notes.db` is damaged, or no database of Duka: file is not a database"), "{said}");
    assert!(!copy.exists() && !part.exists());
    Ok(())
}

/// How often a word stands in the files of a folder.
fn found(folder: &Path, word: &str) -> usize {
    let files = std::fs::read_dir(folder).expect("the folder is there").flatten();
    let bytes = files.flat_map(|file| std::fs::read(file.path()).unwrap_or_default()).collect::<Vec<u8>>();
    bytes.windows(word.len()).filter(|window| *window == word.as_bytes()).count()
}

#[tokio::test]
async fn a_damaged_file_is_refused_when_it_is_opened() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    let store = Store::sqlite(&path).await?;
    let shop = store.shop("boutique").await?;
    let mut tx = store.begin(shop).await?;
    for n in 1..200 {
        tx.create_conversations(&[(conversation(shop, n), vec![phone(shop, &format!("254{n}"))])]).await?;
    }
    tx.commit().await?;
    store.scrub().await?;
    drop(store);
    let mut bytes = std::fs::read(&path).expect("a file");
    // The first bytes of pages behind the schema's say what they are.
    let page = 4_096;
    for at in (8 * page..bytes.len()).step_by(page) {
        bytes[at..at + 8].fill(0xA5);
    }
    std::fs::write(&path, bytes).expect("a writable folder");
    let refused = Store::sqlite(&path).await.map(|_| ()).expect_err("it is damaged");
    let (said, help) = (refused.to_string(), refused.help().unwrap_or_default());
    assert!(said.contains("duka.db` is damaged") && !said.contains('\n'), "{said}");
    assert!(help.contains("`duka restore COPY DATABASE`"), "{help}");
    Ok(())
}

/// Of every table that the file has, those of later versions too.
#[tokio::test]
async fn an_erasure_reaches_every_table() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    let store = Store::sqlite(&path).await?;
    let shop = store.shop("boutique").await?;
    let file = rusqlite::Connection::open(&path).expect("the file opens");
    let all = "SELECT m.name, group_concat(c.name), max(c.name = 'conversation') FROM sqlite_schema m, pragma_table_info(m.name) c
               WHERE m.type = 'table' AND c.\"notnull\" AND c.dflt_value IS NULL GROUP BY m.name HAVING max(c.name = 'shop')";
    let mut select = file.prepare(all).expect("the schema is read");
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("rows");
    let tables: Vec<(String, String, bool)> = rows.collect::<rusqlite::Result<_>>().expect("tables");
    assert!(tables.len() > 15, "{tables:?}");
    for (table, columns, _) in &tables {
        let value = |column| match column {
            "shop" => shop.number().to_string(),
            "conversation" | "id" => "7".into(),
            _ => "1".into(),
        };
        let values: Vec<String> = columns.split(',').map(value).collect();
        let insert = format!("INSERT INTO {table} ({columns}) VALUES ({})", values.join(", "));
        file.execute(&insert, []).unwrap_or_else(|error| panic!("{insert}: {error}"));
    }
    let left = || -> Vec<&str> {
        let count = |table: &str| -> i64 {
            let select = format!("SELECT count(*) FROM {table} WHERE shop = ?");
            file.query_row(&select, [shop.number()], |row| row.get(0)).expect("a count")
        };
        tables.iter().map(|(table, ..)| table.as_str()).filter(|table| count(table) > 0).collect()
    };
    let mut tx = store.begin(shop).await?;
    assert!(tx.erase_conversation(shop, id(7)).await?);
    tx.commit().await?;
    let of_nobody = |table: &&str| *table != "conversation" && tables.iter().any(|it| it.0 == *table && !it.2);
    assert!(left().iter().all(of_nobody), "{:?}", left());
    let mut tx = store.begin(shop).await?;
    tx.erase_shop(shop).await?;
    tx.commit().await?;
    assert_eq!(left(), ["shops"; 0]);
    Ok(())
}

/// What is too old is found by its age: however many rows a shop has, only those are looked at that go.
#[tokio::test]
async fn what_is_too_old_is_found_without_going_through_the_rest() -> Result<()> {
    let folder = folder();
    let path = folder.path().join("duka.db");
    drop(Store::sqlite(&path).await?);
    let file = rusqlite::Connection::open(&path).expect("the file opens");
    for (rows, age) in [
        ("seen", "received_ms"),
        ("orphan_status", "delivery_at_ms"),
        ("recipient", "at_ms"),
        ("turn", "at_ms"),
        ("outbox", "expires_ms"),
        ("quarantine", "at_ms"),
        ("consent", "at_ms"),
    ] {
        let and = if rows == "outbox" { "AND state >= 5" } else { "" };
        let explain = format!("EXPLAIN QUERY PLAN SELECT 1 FROM {rows} WHERE shop = 1 {and} AND {age} < 5 LIMIT 9");
        let plan: String = file.query_row(&explain, [], |row| row.get(3)).expect("a plan");
        let found = format!("SEARCH {rows} USING INDEX {rows}_age (shop=? AND {age}<?)");
        assert_eq!(plan.replace("COVERING ", ""), found);
    }
    Ok(())
}
