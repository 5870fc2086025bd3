//! One server and one stand-in on free ports, a copy of an example shop that is live, and its customer's phone.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use duka_runtime::config;
use duka_runtime::dev_graph::Plan;
use duka_runtime::dev_graph::server::{Options, start as start_graph};
use duka_runtime::host::notices::{Notice, Told};
use duka_runtime::id::ShopScope;
use duka_runtime::ops::figures;
use duka_runtime::server::run::{Running, start};
use duka_tests::port::free_port;
use duka_tests::tree::root;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

pub const SECRET: &str = "an app secret";
pub const CUSTOMER: &str = "254700000001";
pub const NUMBER: &str = "106500000000001";

/// How long a customer waits for an answer before the test gives up.
const PATIENCE_MS: u64 = 20_000;

pub struct Stage {
    pub folder: TempDir,
    pub running: Running,
    pub base: String,
    pub control: String,
    pub http: reqwest::Client,
    /// The last message that the customer has seen.
    seen: u64,
    /// How far both clocks are ahead of the machine's.
    pub ahead_ms: i64,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a readable folder") {
        let entry = entry.expect("a readable folder");
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).expect("a file can be copied");
        }
    }
}

/// Where the server keeps what it knows: on SQLite, or on PostgreSQL with `SERVER_TESTS_ON=postgres`.
async fn database_of(folder: &Path) -> String {
    match std::env::var("SERVER_TESTS_ON").unwrap_or_default().as_str() {
        "" | "sqlite" => folder.join("duka.db").display().to_string(),
        "postgres" => crate::database::database().await,
        other => panic!("SERVER_TESTS_ON is sqlite or postgres, and not {other}"),
    }
}

/// Settings for a server whose files are looked at.
pub fn on_sqlite(settings: String) -> String {
    let (before, rest) = settings.split_once("database = ").expect("a database");
    let (_, after) = rest.split_once('\n').expect("a line");
    format!("{before}database = \"duka.db\"\n{after}")
}

/// The `channels` of a shop that is live on a number; `more` are further settings.
pub fn live(number: &str, more: &str) -> String {
    format!("channels: {{ whatsapp: {{ phone_number_id: \"{number}\", waba_id: \"7\"{more} }} }}")
}

/// The stage's shop as another one: its settings, one flow, and a fixture of the project.
pub fn corner_of(shop: &Path, profile: &str, flow: &str, fixture: &str) {
    for file in std::fs::read_dir(shop).expect("a folder").flatten().filter(|file| file.path().is_file()) {
        std::fs::remove_file(file.path()).expect("a writable folder");
    }
    std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
    std::fs::write(shop.join("corner.duka"), flow).expect("a writable folder");
    std::fs::copy(root().join(fixture), shop.join("fixtures/zuri.yaml")).expect("a writable folder");
}

/// A number as the stand-in knows it.
pub fn number(id: &str) -> String {
    format!("[[number]]\nid = \"{id}\"\ndisplay = \"15550001111\"\nwaba = \"7\"\n")
}

pub fn environment() -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    vec![
        pair("APP_SECRET", SECRET),
        pair("VERIFY", "a verify token"),
        pair("TOKEN", "a token"),
        pair("INBOX", "inbox-1"),
        pair("BOT", "a bot"),
        pair("FILES_KEY", "AKIDEXAMPLE"),
        pair("FILES_SECRET", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    ]
}

/// The notices of this name: the next one, which comes a moment after what it is about, and those that are there by then.
pub async fn noticed(notices: &mut Receiver<Told>, name: &str) -> Vec<Notice> {
    let mut found = Vec::new();
    while found.is_empty() {
        let next = tokio::time::timeout(Duration::from_millis(PATIENCE_MS), notices.recv()).await;
        let told = next.unwrap_or_else(|_| panic!("no {name} comes")).expect("the server tells");
        let there = std::iter::once(told).chain(std::iter::from_fn(|| notices.try_recv().ok()));
        found.extend(there.map(|told| told.notice).filter(|notice| notice.name() == name));
    }
    found
}

impl Stage {
    /// The boutique, live.
    pub async fn boutique() -> Stage {
        Stage::with(|settings| settings).await
    }

    /// The same with other settings.
    pub async fn with(settle: impl Fn(String) -> String) -> Stage {
        Stage::dressed(settle, |_| None).await
    }

    /// The same after a file was put into its folder, with other settings.
    pub async fn with_folder(change: impl Fn(&Path), settle: impl Fn(String) -> String) -> Stage {
        let change = |shop: &Path| {
            change(shop);
            None
        };
        Stage::dressed(settle, change).await
    }

    /// The same after its folder was changed; the change returns a variable that it needs.
    pub async fn dressed(
        settle: impl Fn(String) -> String,
        change: impl Fn(&Path) -> Option<(String, String)>,
    ) -> Stage {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let shop = folder.path().join("boutique");
        copy(&root().join("examples/boutique"), &shop);
        let more = change(&shop);
        Stage::begin(folder, "", settle, more).await
    }

    /// A shop of one flow, live: `more` goes into its `whatsapp` section, `settings` to the end of `duka.toml`.
    pub async fn of_flow(flow: &str, more: &str, settings: &str) -> Stage {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let shop = folder.path().join("boutique");
        std::fs::create_dir(&shop).expect("a writable folder");
        let profile = "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
             channels: [whatsapp, messenger]\nretention: { photos: 30 days }\n";
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        std::fs::write(shop.join("corner.duka"), flow).expect("a writable folder");
        Stage::begin(folder, more, |text| format!("{text}{settings}"), None).await
    }

    async fn begin(
        folder: TempDir,
        whatsapp: &str,
        settle: impl Fn(String) -> String,
        variable: Option<(String, String)>,
    ) -> Stage {
        let shop = folder.path().join("boutique");
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        let live = live(NUMBER, whatsapp);
        let profile = profile.replace("channels: [whatsapp, messenger]", &live);
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        Stage::serve(folder, "boutique", &number(NUMBER), settle, variable).await
    }

    /// The shops of a folder of the stage's, live; `plan` is what the stand-in knows.
    pub async fn serve(
        folder: TempDir,
        shops: &str,
        plan: &str,
        settle: impl Fn(String) -> String,
        variable: Option<(String, String)>,
    ) -> Stage {
        let (server, graph) = (free_port(), free_port());
        let database = database_of(folder.path()).await;
        let settings = format!(
            "listen = \"127.0.0.1:{server}\"\ndatabase = \"{database}\"\nshops = \"{shops}\"\ndevelopment = true\n\
             [graph]\nurl = \"http://127.0.0.1:{graph}\"\n[whatsapp]\napp_secret = \"env:APP_SECRET\"\n\
             verify_token = \"env:VERIFY\"\ntoken = \"env:TOKEN\"\n"
        );
        std::fs::write(folder.path().join("duka.toml"), settle(settings)).expect("a writable folder");
        let plan = format!("secret = \"{SECRET}\"\n{plan}");
        let options = Options {
            listen: ([127, 0, 0, 1], graph).into(),
            callback: Some(format!("http://127.0.0.1:{server}/webhooks/whatsapp")),
            journal: None,
            plan: Plan::read(&plan).expect("a plan"),
        };
        // Lives until the test ends.
        std::mem::forget(start_graph(options).await.expect("the stand-in starts"));
        let mut environment = environment();
        environment.extend(variable);
        let config = config::load(Some(&folder.path().join("duka.toml")), &environment).expect("sound settings");
        let started = start(config, &environment, figures::begin().ok()).await;
        let (running, reloaded) = started.unwrap_or_else(|error| panic!("{error}"));
        assert!(reloaded.troubles.is_empty(), "{:?}", reloaded.troubles);
        Stage {
            folder,
            base: format!("http://{}", running.address),
            running,
            control: format!("http://127.0.0.1:{graph}/control"),
            http: reqwest::Client::new(),
            seen: 0,
            ahead_ms: 0,
        }
    }

    /// The server goes down and comes up again, with what its database has kept; `variable` is what its shops need.
    pub async fn again(self, variable: (String, String)) -> Stage {
        let (stage, told) = self.again_told(variable).await;
        assert!(told.is_empty(), "{told:?}");
        stage
    }

    /// The same, and what it says of shops that it does not serve as they lie there.
    pub async fn again_told(self, variable: (String, String)) -> (Stage, Vec<String>) {
        let Stage { folder, running, base, control, http, seen, ahead_ms } = self;
        tokio::time::timeout(Duration::from_secs(20), running.stop()).await.expect("it goes down in time");
        let mut environment = environment();
        environment.push(variable);
        let config = config::load(Some(&folder.path().join("duka.toml")), &environment).expect("sound settings");
        let started = start(config, &environment, figures::begin().ok()).await;
        let (running, reloaded) = started.unwrap_or_else(|error| panic!("{error}"));
        running.clock.set_ahead(ahead_ms);
        let told = reloaded.troubles.iter().map(ToString::to_string).collect();
        (Stage { folder, running, base, control, http, seen, ahead_ms }, told)
    }

    /// Both clocks, the server's and the stand-in's, are so far ahead of the machine's from now on.
    pub async fn is_ahead(&mut self, ms: i64) {
        self.running.clock.set_ahead(ms);
        let advance = json!({ "advance_ms": ms - self.ahead_ms });
        let answer = self.http.post(format!("{}/clock", self.control)).json(&advance).send().await.expect("an answer");
        assert!(answer.status().is_success());
        self.ahead_ms = ms;
    }

    /// Settings that have changed are read again.
    pub async fn reload(&self, settle: impl Fn(String) -> String) {
        let path = self.folder.path().join("duka.toml");
        let settings = std::fs::read_to_string(&path).expect("settings");
        std::fs::write(&path, settle(settings)).expect("a writable folder");
        let environment = environment();
        let config = config::load(Some(&path), &environment).expect("sound settings");
        let reloaded = self.running.reload(&config, &environment).await.expect("read again");
        assert!(reloaded.troubles.is_empty(), "{:?}", reloaded.troubles);
    }

    /// As somebody beside the server would.
    pub async fn is_done_to_the_database(&self, on_sqlite: &str, on_postgres: &str) {
        let settings = std::fs::read_to_string(self.folder.path().join("duka.toml")).expect("settings");
        let (_, rest) = settings.split_once("database = \"").expect("a database");
        let (place, _) = rest.split_once('"').expect("its end");
        if place.starts_with("postgres") {
            let options = PgConnectOptions::from_str(place).expect("an address");
            let mut connection = options.connect().await.expect("the database answers");
            connection.execute(AssertSqlSafe(on_postgres.to_string())).await.expect("it is done");
        } else {
            let file = rusqlite::Connection::open(self.folder.path().join(place)).expect("the file opens");
            file.busy_timeout(Duration::from_secs(10)).expect("it waits");
            file.execute_batch(on_sqlite).expect("it is done");
        }
    }

    pub fn scope(&self) -> ShopScope {
        self.running.server.registry.now().shops[0].scope
    }

    /// Brings a webhook as the vendor would. Returns the status of its answer.
    pub async fn brings(&self, body: &str) -> u16 {
        self.brings_signed(SECRET, body).await
    }

    /// The same of an app with this secret.
    pub async fn brings_signed(&self, secret: &str, body: &str) -> u16 {
        let mac: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("any key");
        let mark = hex::encode(mac.chain_update(body).finalize().into_bytes());
        let request = self.http.post(format!("{}/webhooks/whatsapp", self.base)).body(body.to_string());
        let answer = request.header("x-hub-signature-256", format!("sha256={mark}")).send().await;
        answer.expect("an answer").status().as_u16()
    }

    async fn act(&self, what: &str, body: &str) {
        let url = format!("{}/customer/{CUSTOMER}/{what}", self.control);
        let answer = self.http.post(url).body(body.to_string()).send().await.expect("the stand-in answers");
        let told: Json = answer.json().await.expect("JSON");
        assert_eq!(told["http"], 200, "{what} {body}: {told}");
    }

    pub async fn writes(&self, text: &str) {
        self.act("text", text).await;
    }

    pub async fn taps(&self, choice: &str) {
        self.act("tap", choice).await;
    }

    /// Anything that the stand-in lets a customer do.
    pub async fn does(&self, what: &Json) {
        self.customer_does(CUSTOMER, what).await;
    }

    /// The same for any customer.
    pub async fn customer_does(&self, customer: &str, what: &Json) {
        let url = format!("{}/customer/{customer}", self.control);
        let answer = self.http.post(url).json(what).send().await.expect("the stand-in answers");
        let told: Json = answer.json().await.expect("JSON");
        assert_eq!(told["http"], 200, "{what}: {told}");
    }

    /// A file that the customer has: with its id at the vendor.
    pub async fn file(&self, file: &Json) -> Json {
        let answer = self.http.post(format!("{}/files", self.control)).json(file).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Sends such a file, of a kind, with words under it.
    pub async fn sends_file(&self, kind: &str, file: &Json, caption: &str) {
        let (id, mime, sha256) = (&file["id"], &file["mime_type"], &file["sha256"]);
        let media = json!({"kind": kind, "id": id, "mime_type": mime, "sha256": sha256, "caption": caption});
        self.does(&json!({ "media": media })).await;
    }

    /// What the stand-in was asked, oldest first.
    pub async fn journal(&self) -> Vec<Json> {
        let url = format!("{}/journal?limit=1000", self.control);
        self.http.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The next message on the customer's phone.
    pub async fn sees(&mut self) -> Json {
        let url = format!("{}/customer/{CUSTOMER}?after={}&wait_ms={PATIENCE_MS}", self.control, self.seen);
        let shown: Json = self.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
        let next = shown.as_array().and_then(|shown| shown.first()).cloned().expect("a message comes");
        self.seen = next["n"].as_u64().expect("messages are numbered");
        next
    }

    /// The stand-in does this wrong from now on.
    pub async fn fails(&self, fault: &Json) {
        let answer = self.http.post(format!("{}/faults", self.control)).json(fault).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{fault}: {}", answer.text().await.unwrap_or_default());
    }

    /// Whether nothing comes for a moment.
    pub async fn sees_nothing(&self) -> bool {
        let url = format!("{}/customer/{CUSTOMER}?after={}&wait_ms=700", self.control, self.seen);
        let shown: Json = self.http.get(url).send().await.expect("an answer").json().await.expect("JSON");
        shown.as_array().is_some_and(Vec::is_empty)
    }

    pub async fn end(self) {
        tokio::time::timeout(Duration::from_secs(10), self.running.stop()).await.expect("it goes down in time");
        drop(self.folder);
    }
}
