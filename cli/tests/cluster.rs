//! Two `duka serve` on one PostgreSQL, one killed and the database restarted while customers write: the binary itself, seen
//! from outside. The long version is `campaign cluster` in `tests/load`. Alone in its process, because it restarts the
//! database that other tests use.

#[path = "../../tests/load/src/balance.rs"]
mod balance;
#[path = "../../tests/tests/store/database.rs"]
mod database;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use balance::Balancer;
use duka_tests::port::free_address;
use serde_json::{Value, json};

const SECRET: &str = "an app secret";
const NUMBER: &str = "106500000000001";
const CUSTOMERS: u64 = 6;
/// No step of this takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the provider does: it tells of messages twice and in disorder, refuses some, and loses answers.
const PLAN: &str = r#"
[limits]
window = false
pair = false
throughput = 0
[[number]]
id = "106500000000001"
display = "15550001111"
waba = "7"
[statuses]
sent_ms = [5, 100]
delivered_ms = [5, 100]
twice = 0.2
swapped = 0.2
[[fault]]
kind = "http500"
rate = 0.03
[[fault]]
kind = "accept_reset"
rate = 0.03
"#;

/// Ends with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
    }
}

fn run(folder: &Path, name: &str, arguments: &[&str]) -> Running {
    let log = File::options().create(true).append(true).open(folder.join(format!("{name}.log"))).expect("a log");
    let mut command = Command::new(env!("CARGO_BIN_EXE_duka"));
    command.args(arguments).env("SECRET", SECRET).env("VERIFY", "a verify token").env("TOKEN", "a token");
    // However full the disk is.
    command.env("DUKA_LIMITS_DISK_RESERVE", "0");
    let command = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
    Running(command.spawn().expect("duka starts"))
}

struct House {
    folder: tempfile::TempDir,
    servers: Vec<String>,
    graph: String,
    http: reqwest::Client,
}

impl House {
    fn new(database: &str) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let servers = vec![free_address(), free_address()];
        let graph = free_address();
        let shop = folder.path().join("shops/counter");
        std::fs::create_dir_all(&shop).expect("a folder");
        let counter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/shops/counter");
        for file in std::fs::read_dir(counter).expect("the shop").flatten() {
            let live = format!("channels: {{ whatsapp: {{ phone_number_id: \"{NUMBER}\", waba_id: \"7\" }} }}");
            let text = std::fs::read_to_string(file.path()).expect("text").replace("channels: [whatsapp]", &live);
            std::fs::write(shop.join(file.file_name()), text).expect("a file can be written");
        }
        for (n, address) in servers.iter().enumerate() {
            let settings = format!(
                "listen = \"{address}\"\ndatabase = \"{database}\"\nshops = \"shops\"\ndevelopment = true\n[graph]\n\
                 url = \"http://{graph}\"\n[limits]\nper_customer = 0\n[sending]\nper_customer = 0\nanswer = \"2 seconds\"\nhold = \"6 seconds\"\n[whatsapp]\n\
                 app_secret = \"env:SECRET\"\nverify_token = \"env:VERIFY\"\ntoken = \"env:TOKEN\"\n"
            );
            std::fs::write(folder.path().join(format!("server{n}.toml")), settings).expect("a file can be written");
        }
        std::fs::write(folder.path().join("plan.toml"), PLAN).expect("a file can be written");
        House { folder, servers, graph, http: reqwest::Client::new() }
    }

    fn graph(&self, callback: &str) -> Running {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (plan, journal) = (path("plan.toml"), path("journal.jsonl"));
        let callback = format!("http://{callback}/webhooks/whatsapp");
        let options = ["--listen", &self.graph, "--plan", &plan, "--journal", &journal, "--callback", &callback];
        run(self.folder.path(), "graph", &[&["dev-graph", "--app-secret", SECRET], &options[..]].concat())
    }

    fn serve(&self, n: usize) -> Running {
        let settings = self.folder.path().join(format!("server{n}.toml")).display().to_string();
        run(self.folder.path(), &format!("server{n}"), &["serve", "--config", &settings])
    }

    /// Waits until that address says 200.
    async fn until_well(&self, url: &str) {
        let begun = Instant::now();
        while !self.http.get(url).send().await.is_ok_and(|answer| answer.status() == 200) {
            assert!(begun.elapsed() < PATIENCE, "{url} is not well; the logs are in {}", self.kept());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn ready(&self, n: usize) {
        self.until_well(&format!("http://{}/readyz", self.servers[n])).await;
    }

    /// A customer who counts and is posted again until it is taken; how many messages were.
    async fn customer(http: reqwest::Client, graph: String, customer: u64, stop: Arc<AtomicBool>) -> u64 {
        let url = format!("http://{graph}/control/customer/25470000000{customer}");
        let mut n = 0;
        while !stop.load(Ordering::Relaxed) {
            n += 1;
            let said = json!({ "text": format!("count {n}"), "as": { "id": format!("wamid.{customer}.{n}") } });
            loop {
                let told: Value = match http.post(&url).body(said.to_string()).send().await {
                    Ok(answer) => answer.json().await.unwrap_or_default(),
                    Err(_) => Value::Null,
                };
                if told["http"] == 200 {
                    break;
                }
            }
        }
        n
    }

    /// By customer the counts that the provider took, in its order.
    fn taken(&self) -> BTreeMap<String, Vec<(u64, u64)>> {
        let mut taken: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
        let journal = std::fs::read_to_string(self.folder.path().join("journal.jsonl")).unwrap_or_default();
        for attempt in journal.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let words = attempt["body"]["text"]["body"].as_str().and_then(|text| text.strip_prefix("ack "));
            let counts = words.and_then(|words| words.split_once(" n="));
            if let (Some((token, n)), Some(accepted)) = (counts, attempt["accepted"].as_str())
                && !accepted.is_empty()
            {
                let counts = (token.parse().expect("a token"), n.replace(',', "").parse().expect("a number"));
                taken.entry(attempt["customer"].as_str().unwrap_or_default().to_string()).or_default().push(counts);
            }
        }
        taken
    }

    /// Leaves the files behind, and says where.
    fn kept(&self) -> String {
        let kept = tempfile::tempdir().expect("a folder").keep();
        for file in std::fs::read_dir(self.folder.path()).into_iter().flatten().flatten() {
            let _ = std::fs::copy(file.path(), kept.join(file.file_name()));
        }
        kept.display().to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_database_lose_double_and_overtake_nothing() {
    let house = House::new(&database::database().await);
    let balancer = Balancer::before(&house.servers).await.expect("a free port");
    let _graph = house.graph(&balancer.address);
    house.until_well(&format!("http://{}/control/counts", house.graph)).await;
    let mut servers = [Some(house.serve(0)), Some(house.serve(1))];
    for n in [0, 1] {
        house.ready(n).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let person = |n| tokio::spawn(House::customer(house.http.clone(), house.graph.clone(), n, Arc::clone(&stop)));
    let customers: Vec<_> = (0..CUSTOMERS).map(person).collect();
    for cycle in 0..4 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let one = cycle % 2;
        balancer.mark(one, false);
        servers[one] = None;
        servers[one] = Some(house.serve(one));
        house.ready(one).await;
        balancer.mark(one, true);
        // A developer's own server may not be restarted.
        if let (2, Ok(restart)) = (cycle, std::env::var("POSTGRES_RESTART")) {
            let ended = Command::new("sh").args(["-c", &restart]).status().expect("a shell");
            assert!(ended.success(), "`{restart}` ended with {ended}");
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut expected = BTreeMap::new();
    for (n, customer) in customers.into_iter().enumerate() {
        let count = customer.await.expect("customers come to an end");
        let counts: Vec<(u64, u64)> = (1..=count).map(|n| (n, n)).collect();
        expected.insert(format!("25470000000{n}"), counts);
    }
    let total: usize = expected.values().map(Vec::len).sum();
    let begun = Instant::now();
    while house.taken().values().map(Vec::len).sum::<usize>() < total && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let taken = house.taken();
    assert!(taken == expected, "of {total} messages: {taken:?}; the journal and the logs are in {}", house.kept());
    println!("{total} messages");
}
