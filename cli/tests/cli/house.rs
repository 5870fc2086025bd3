//! A house for the operator's commands: the real binary as server and as the stand-in for the Graph API, with a shop
//! that is live, its settings, and a customer. Both processes end with the value.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use duka_tests::port::free_port;
use serde_json::Value as Json;

use crate::support::{Folder, Run, copy};

pub const NUMBER: &str = "106500000000001";
pub const ACCOUNT: &str = "102290000000001";
const CUSTOMER: &str = "254700000001";
const ENVIRONMENT: [(&str, &str); 5] = [
    ("STALE", "a-token-that-has-ended"),
    ("APP_SECRET", "0123456789abcdef0123456789abcdef"),
    ("VERIFY", "a-verify-token-that-nobody-guesses"),
    ("TOKEN", "the-token-of-the-shop"),
    // However full the disk is.
    ("DUKA_LIMITS_DISK_RESERVE", "0"),
];
/// How long a customer waits for an answer before the test gives up.
const PATIENCE_MS: u64 = 20_000;

/// A process of `duka` that serves, ended with the value.
struct Serving {
    child: Child,
    /// Kept open: a process that can not write its last words would fail.
    out: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts it and waits for its first line, which says that it serves.
    fn start(folder: &Path, arguments: &[&str]) -> (Serving, String) {
        Serving::logging(folder, arguments, Stdio::null())
    }

    /// The same; its log goes there.
    fn logging(folder: &Path, arguments: &[&str], log: Stdio) -> (Serving, String) {
        let mut child = command(folder, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the command starts");
        let mut out = BufReader::new(child.stdout.take().expect("there is an output"));
        let mut first = String::new();
        out.read_line(&mut first).expect("it says that it is ready");
        assert!(first.contains("http://"), "{arguments:?} serves: {first}");
        (Serving { child, out }, first)
    }

    /// Asks it to end, as an operator does, and waits until it has.
    fn stop(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().expect("`kill` is there");
        assert!(asked.success());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).expect("it ends");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "{rest}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duka"));
    command.args(arguments).current_dir(folder).env_remove("CLICOLOR_FORCE").envs(ENVIRONMENT);
    command
}

/// A shop on the server, the stand-in, and all files in one folder: `duka.toml`, `duka.db`, `shops/…`.
pub struct House {
    pub folder: Folder,
    server: Option<Serving>,
    /// Ended with the house.
    _graph: Serving,
    pub graph: String,
    pub base: String,
    /// The last message that the customer has seen.
    seen: u64,
}

impl House {
    /// The shop in this folder of the repository, live; `channels` is the line of `shop.yaml` that says so far that it
    /// is not. The server is not started yet.
    pub fn of(shop: &str, channels: &str) -> House {
        let folder = Folder::new();
        let name = shop.rsplit('/').next().expect("a folder has a name");
        let place = folder.path().join("shops").join(name);
        std::fs::create_dir_all(&place).expect("a folder can be made");
        copy(shop, &place);
        let profile = folder.read(&format!("shops/{name}/shop.yaml"));
        let live = format!("channels: {{ whatsapp: {{ phone_number_id: \"{NUMBER}\", waba_id: \"{ACCOUNT}\" }} }}");
        assert!(profile.contains(channels), "{name} has `{channels}`");
        folder.write(&format!("shops/{name}/shop.yaml"), profile.replace(channels, &live));
        folder.write(
            "plan.toml",
            format!(
                "[limits]\npair = false\nreview_ms = 0\n[[number]]\nid = \"{NUMBER}\"\ndisplay = \"15550001111\"\n\
                 waba = \"{ACCOUNT}\"\ntoken = \"{}\"\n",
                ENVIRONMENT[3].1
            ),
        );
        let port = free_port();
        let callback = format!("http://127.0.0.1:{port}/webhooks/whatsapp");
        let arguments = ["dev-graph", "--listen", "127.0.0.1:0", "--plan", "plan.toml", "--callback", &callback];
        let arguments = [&arguments[..], &["--app-secret", "env:APP_SECRET"]].concat();
        let (graph_process, first) = Serving::start(folder.path(), &arguments);
        let graph = first.trim().rsplit(' ').next().expect("the line ends with the address").to_string();
        let house = House {
            folder,
            server: None,
            _graph: graph_process,
            graph,
            base: format!("http://127.0.0.1:{port}"),
            seen: 0,
        };
        house.settings("duka.toml", "duka.db");
        house
    }

    /// Settings of a server that keeps everything in `database`.
    pub fn settings(&self, file: &str, database: &str) {
        let listen = self.base.trim_start_matches("http://");
        let graph = &self.graph;
        self.folder.write(
            file,
            format!(
                "listen = \"{listen}\"\ndatabase = \"{database}\"\nshops = \"shops\"\ndevelopment = true\n\
                 [graph]\nurl = \"{graph}\"\n[whatsapp]\napp_secret = \"env:APP_SECRET\"\n\
                 verify_token = \"env:VERIFY\"\ntoken = \"env:TOKEN\"\n"
            ),
        );
    }

    /// The same with a log that nobody reads.
    pub fn serve_unread(&mut self, settings: &str) {
        let (server, _) = Serving::logging(self.folder.path(), &["serve", "--config", settings], Stdio::piped());
        self.server = Some(server);
    }

    /// Starts the server with these settings.
    pub fn serve(&mut self, settings: &str) {
        let (server, _) = Serving::start(self.folder.path(), &["serve", "--config", settings]);
        self.server = Some(server);
    }

    /// Ends the server as SIGTERM does.
    pub fn stop(&mut self) {
        self.server.take().expect("it serves").stop();
    }

    /// Runs the command beside the server, in its folder and with its environment.
    pub fn duka(&self, arguments: &[&str]) -> Run {
        let output = command(self.folder.path(), arguments).stdin(Stdio::null()).output().expect("the command runs");
        Run {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, and it must be fine; what it printed.
    pub fn fine(&self, arguments: &[&str]) -> String {
        let run = self.duka(arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        run.out
    }

    pub fn control(&self, method: &str, path: &str, body: &str) -> Json {
        ask(method, &format!("{}/control/{path}", self.graph), body, None).1
    }

    /// Asks the stand-in as the shop's token may.
    pub fn vendor(&self, method: &str, path: &str) -> Json {
        ask(method, &format!("{}/v25.0/{path}", self.graph), "", Some(ENVIRONMENT[3].1)).1
    }

    /// A key of the operator's API; the server must not run yet.
    pub fn key(&self, scope: &str) -> String {
        self.fine(&["keys", "new", scope, "--scope", scope]).trim().to_string()
    }

    /// Asks until the answer is the one that is waited for.
    pub fn until<T: std::fmt::Debug>(&self, ask: impl Fn(&House) -> T, is_it: impl Fn(&T) -> bool) -> T {
        let begun = Instant::now();
        loop {
            let answer = ask(self);
            if is_it(&answer) {
                return answer;
            }
            assert!(begun.elapsed().as_millis() < u128::from(PATIENCE_MS), "it does not come: {answer:?}");
        }
    }

    /// The customer writes, and the server has taken it.
    pub fn writes(&self, text: &str) {
        let told = self.control("POST", &format!("customer/{CUSTOMER}/text"), text);
        assert_eq!(told["http"], 200, "{text}: {told}");
    }

    /// The words of the next message on the customer's phone.
    pub fn sees(&mut self) -> String {
        let path = format!("customer/{CUSTOMER}?after={}&wait_ms={PATIENCE_MS}", self.seen);
        let shown = self.control("GET", &path, "");
        let next = shown.as_array().and_then(|shown| shown.first()).cloned().expect("a message comes");
        self.seen = next["n"].as_u64().expect("messages are numbered");
        next["text"].as_str().map_or_else(|| next.to_string(), str::to_string)
    }

    /// Asks the operator's API.
    pub fn api(&self, path: &str, key: &str) -> (u16, Json) {
        ask("GET", &format!("{}/api/v1{path}", self.base), "", Some(key))
    }
}

fn ask(method: &str, url: &str, body: &str, key: Option<&str>) -> (u16, Json) {
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
    threads.block_on(async {
        let method = method.parse().expect("a method");
        let mut request = reqwest::Client::new().request(method, url).body(body.to_string());
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if body.starts_with('{') {
            request = request.header("content-type", "application/json");
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a body");
        (status, serde_json::from_str(&text).unwrap_or(Json::String(text)))
    })
}
