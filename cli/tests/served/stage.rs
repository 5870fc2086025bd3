//! One server and one stand-in as processes, the folder they live in, and the hands of an operator: restart, set the
//! clock, ask the API.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use duka_tests::port::free_address;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::http;
use crate::support::copy;

pub const NUMBER: &str = "106540000000001";
pub const SECRET: &str = "an app secret";
/// How long anything may take before the test gives up.
pub const PATIENCE: Duration = Duration::from_secs(120);
const MINUTE_MS: i64 = 60_000;

pub struct Stage {
    folder: TempDir,
    graph: Child,
    /// Where the stand-in listens.
    pub control: String,
    /// Where the server listens.
    pub address: String,
    server: Option<Child>,
    database: String,
    ahead_minutes: i64,
    key: String,
    /// More lines of `duka.toml`; `ADDRESS` is where the server listens.
    settings: String,
    /// Variables of the server's next process.
    pub variables: Vec<(String, String)>,
    /// Blocks of 512 bytes that the next process may write to one file; beyond, the system refuses as a broken disk does.
    pub blocks: Option<u32>,
    /// Descriptors that the next process may have open.
    pub descriptors: Option<u32>,
}

/// A command of the binary under test.
fn duka() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duka"));
    command.env("DUKA_WHATSAPP_APP_SECRET", SECRET).env("DUKA_WHATSAPP_TOKEN", "a token");
    // However full the disk is.
    command.env("DUKA_LIMITS_DISK_RESERVE", "0");
    command
}

/// Waits until something is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Stage {
    /// `make` puts the shop into its folder; `plan` is the stand-in's, after its one number; `settings` end `duka.toml`.
    pub fn begin(make: impl FnOnce(&Path), plan: &str, database: Option<&str>, settings: &str) -> Stage {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let shop = folder.path().join("shops/shop");
        std::fs::create_dir_all(&shop).expect("a folder can be made");
        make(&shop);
        let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
        let live = format!("channels: {{ whatsapp: {{ phone_number_id: \"{NUMBER}\", waba_id: \"7\" }} }}");
        let line = profile.lines().find(|line| line.starts_with("channels:")).expect("a shop has channels");
        std::fs::write(shop.join("shop.yaml"), profile.replace(line, &live)).expect("a writable folder");
        let plan = format!("[[number]]\nid = \"{NUMBER}\"\ndisplay = \"15550001111\"\nwaba = \"7\"\n\n{plan}");
        std::fs::write(folder.path().join("plan.toml"), plan).expect("a writable folder");
        let (address, control) = (free_address(), free_address());
        let log = File::create(folder.path().join("graph.log")).expect("a writable folder");
        let graph = duka()
            .args(["dev-graph", "--listen", &control, "--app-secret", SECRET, "--plan"])
            .arg(folder.path().join("plan.toml"))
            .args(["--callback", &format!("http://{address}/webhooks/whatsapp")])
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("the stand-in starts");
        let mut stage = Stage {
            database: database.map_or_else(|| "duka.db".to_string(), str::to_string),
            folder,
            graph,
            control,
            address,
            server: None,
            ahead_minutes: 0,
            key: String::new(),
            settings: settings.to_string(),
            variables: Vec::new(),
            blocks: None,
            descriptors: None,
        };
        until("the stand-in listens", || http::ask("GET", &stage.control, "/control", &[], "").is_some());
        stage.configure();
        stage.key = stage.new_key();
        stage
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("duka.toml")
    }

    fn configure(&self) {
        let Stage { address, database, control, ahead_minutes, settings, .. } = self;
        let text = format!(
            "listen = \"{address}\"\ndatabase = \"{database}\"\nshops = \"shops\"\ndevelopment = true\n\
             clock_ahead = \"{ahead_minutes} minutes\"\n[graph]\nurl = \"http://{control}\"\n{settings}"
        );
        std::fs::write(self.config(), text.replace("ADDRESS", address)).expect("a writable folder");
    }

    fn new_key(&self) -> String {
        let made = duka()
            .args(["keys", "new", "the test", "--scope", "operate", "--config"])
            .arg(self.config())
            .output()
            .expect("the command runs");
        let key = String::from_utf8_lossy(&made.stdout).trim().to_string();
        assert!(!key.is_empty(), "{}", String::from_utf8_lossy(&made.stderr));
        key
    }

    /// Starts a process of the server, and waits until it is ready.
    pub fn start(&mut self) {
        self.spawn();
        until("the server is ready", || {
            if let Some(status) = self.server.as_mut().expect("just started").try_wait().expect("it can be asked") {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            http::ask("GET", &self.address, "/readyz", &[], "").is_some_and(|(status, _)| status == 200)
        });
    }

    pub fn spawn(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("server.log"));
        let log = log.expect("a writable folder");
        let mut command = duka();
        let blocks = self.blocks.take().map(|blocks| format!("trap '' XFSZ; ulimit -f {blocks}; "));
        let descriptors = self.descriptors.take().map(|descriptors| format!("ulimit -n {descriptors}; "));
        if let Some(limit) = blocks.or(descriptors) {
            let limited = format!("{limit}exec \"$0\" \"$@\"");
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(limited).arg(command.get_program());
            shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command = shell;
        }
        command.arg("serve").arg("--config").arg(self.config()).envs(self.variables.drain(..));
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        self.server = Some(command.spawn().expect("the server starts"));
    }

    /// What the server's processes have said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// What the server's processes have left on the disk, their logs among it, by name.
    pub fn left(&self) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a readable folder").flatten();
        let own = entries.map(|entry| entry.path()).filter(|path| path.is_file());
        let named = own.map(|path| (path.file_name().unwrap_or_default().to_string_lossy().to_string(), path));
        let ours = named.filter(|(name, _)| name.starts_with("duka.db") || name.starts_with("server"));
        ours.map(|(name, path)| (name, std::fs::read(path).expect("a readable file"))).collect()
    }

    /// The code that the server's process has ended with.
    pub fn ended(&mut self) -> Option<i32> {
        let server = self.server.as_mut().expect("one was started");
        server.try_wait().expect("it can be asked").and_then(|status| status.code())
    }

    /// Starts another process if the last one is gone.
    pub fn revive(&mut self) {
        let server = self.server.as_mut().expect("one was started");
        if server.try_wait().expect("it can be asked").is_some() {
            self.start();
        }
    }

    /// Ends the server as a power cut does.
    pub fn kill(&mut self) {
        let server = self.server.as_mut().expect("one was started");
        server.kill().expect("it runs");
        server.wait().expect("it was started here");
    }

    fn signal(&self, which: &str) {
        let pid = self.server.as_ref().expect("it runs").id().to_string();
        assert!(Command::new("kill").args([which, &pid]).status().expect("there is `kill`").success());
    }

    /// Time passes for everybody, in a moment.
    pub fn pass(&mut self, minutes: i64) {
        self.ahead_minutes += minutes;
        let advance = json!({ "advance_ms": minutes * MINUTE_MS });
        let (status, _) = http::json("POST", &self.control, "/control/clock", &[], &advance);
        assert_eq!(status, 200);
        self.configure();
        if self.server.is_some() {
            let before = self.reloads();
            self.signal("-HUP");
            until("the settings are read again", || self.reloads() > before);
        }
    }

    /// Waits until whoever wanted to be woken by now was.
    pub fn until_woken(&self) {
        let clock = http::json("POST", &self.control, "/control/clock", &[], &json!({ "advance_ms": 0 })).1;
        let now_ms = clock["now_ms"].as_i64().expect("a time");
        until("timers fire", || {
            let list = self.api("GET", "/conversations", &json!({}));
            let ids = list["conversations"].as_array().expect("a list").iter().filter_map(|one| one["id"].as_str());
            let wakes =
                ids.map(|id| self.api("GET", &format!("/conversations/{id}"), &json!({}))["wake_at_ms"].as_i64());
            wakes.flatten().all(|at_ms| at_ms > now_ms)
        });
    }

    /// Puts these settings in the place of its own, to be read again while it runs.
    pub fn read_again(&self, settings: &str) {
        std::fs::write(self.config(), settings).expect("a writable folder");
        self.signal("-HUP");
    }

    fn reloads(&self) -> f64 {
        let (_, text) = http::ask("GET", &self.address, "/metrics", &[], "").expect("the server answers");
        let lines = text.lines().filter(|line| line.starts_with("duka_reloads_total"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// The operator's API below the shop.
    pub fn api(&self, method: &str, path: &str, body: &Json) -> Json {
        let (status, answer) = self.ask(method, path, body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> (u16, Json) {
        let bearer = format!("Bearer {}", self.key);
        let path = format!("/api/v1/shops/shop{path}");
        http::json(method, &self.address, &path, &[("Authorization", &bearer)], body)
    }

    /// Waits until the server has nothing left to do for anybody; starts it again when it dies of it.
    pub fn rest(&mut self) {
        let mut quiet = 0;
        until("the server comes to rest", || {
            self.revive();
            let backlog = &self.ask("GET", "", &json!({})).1["backlog"];
            let open = ["inbox", "sends_open", "sends_unknown", "calls"].map(|name| backlog[name].as_u64());
            quiet = if open.into_iter().all(|count| count == Some(0)) { quiet + 1 } else { 0 };
            quiet >= 3
        });
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for child in self.server.iter_mut().chain([&mut self.graph]) {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let tail = log.len().saturating_sub(4_000);
            eprintln!("The end of the server's log:\n{}", log.get(tail..).unwrap_or(&log));
        }
    }
}

/// A copy of the boutique that the day of the week on which this runs, and hours that pass, do not close.
pub fn boutique(shop: &Path) {
    copy("examples/boutique", shop);
    let profile = std::fs::read_to_string(shop.join("shop.yaml")).expect("a profile");
    let all_day = "\"00:00 to 24:00\"";
    let open = profile.replace("\"09:00 to 18:00\"", all_day).replace("\"09:00 to 16:00\"", all_day);
    let open = open.replace("  saturday:", &format!("  sunday: {all_day}\n  saturday:"));
    std::fs::write(shop.join("shop.yaml"), open).expect("writable");
}
