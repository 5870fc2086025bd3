//! The measured processes: `duka serve` and `duka dev-graph` of a release build, with a folder of their own each.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::webhook::APP_SECRET;

/// How a server is set up.
pub struct Setup<'a> {
    pub duka: &'a Path,
    /// Where its files go.
    pub folder: &'a Path,
    /// Of its settings and its log, where several have one folder.
    pub name: String,
    /// A path, or `postgres://…`.
    pub database: String,
    /// Where sends go; nobody listens there when only turns are measured.
    pub graph: String,
    /// How many shops it has, each with one number.
    pub shops: usize,
    /// Where it listens, the same after a restart.
    pub address: String,
    /// How long the stand-in may take to answer; a claim lasts half as long again.
    pub answer: &'a str,
    /// How long a send of unknown fate is held.
    pub hold: &'a str,
    /// Messages a second of one number.
    pub per_number: u32,
    /// Added to each of its syncs by `strace`, which stops at nothing else.
    pub slow_sync_ms: u64,
    /// Each shop has an app, a token and people of its own.
    pub apart: bool,
    /// Set where the files of this folder forget what was not synced.
    pub forgets: Option<Forgets>,
}

/// A disk that forgets, by the library `forgetful` beside the tool.
#[derive(Clone)]
pub struct Forgets {
    pub folder: PathBuf,
    /// Where it keeps what it may have to take back, and what came of each cut: `cuts.txt`.
    pub notes: PathBuf,
    /// The power was cut before this start; of what had reached the disk by itself.
    pub cut: Option<u64>,
}

impl Forgets {
    fn tell(&self, command: &mut Command) -> io::Result<()> {
        let library = std::env::current_exe()?.with_file_name("libduka_forgetful.so");
        if !library.exists() {
            return Err(io::Error::other(format!("{} is not there: cargo build --release", library.display())));
        }
        command.env("LD_PRELOAD", library).env("FORGETFUL_FOLDER", &self.folder).env("FORGETFUL_NOTES", &self.notes);
        if let Some(seed) = self.cut {
            command.env("FORGETFUL_CUT", seed.to_string());
        }
        Ok(())
    }
}

pub struct Process {
    child: Child,
    pub address: String,
    /// From its start until it was ready.
    pub ready_in: Duration,
}

/// The business number of shop `n`.
pub fn number(n: usize) -> String {
    format!("{}", 106_500_000_000_001 + n)
}

/// The app secret of shop `n`, where each has its own.
pub fn shop_secret(n: usize) -> String {
    format!("load-test-app-secret-of-shop-{n}")
}

fn app_of(n: usize) -> String {
    format!("SHOP_{n}_APP_SECRET")
}

fn people_of(n: usize) -> String {
    format!("SHOP_{n}_PEOPLE_SECRET")
}

impl<'a> Setup<'a> {
    pub fn new(
        duka: &'a Path,
        folder: &'a Path,
        database: String,
        graph: String,
        shops: usize,
    ) -> io::Result<Setup<'a>> {
        Ok(Setup {
            duka,
            folder,
            name: "duka".into(),
            database,
            graph,
            shops,
            address: free_address()?,
            answer: "20 seconds",
            hold: "10 minutes",
            per_number: 1_000_000,
            slow_sync_ms: 0,
            apart: false,
            forgets: None,
        })
    }

    /// Writes its shops and its settings; where those are.
    fn write(&self) -> io::Result<PathBuf> {
        let shops = self.folder.join("shops");
        for n in 0..self.shops {
            let shop = shops.join(format!("counter{n}"));
            if !shop.exists() {
                copy_shop(&shop, n, self.apart)?;
            }
        }
        let config = self.folder.join(format!("{}.toml", self.name));
        let address = &self.address;
        let (database, graph) = (&self.database, &self.graph);
        fs::write(
            &config,
            format!(
                "listen = \"{address}\"\ndatabase = \"{database}\"\nshops = \"{}\"\ndevelopment = true\n\n[graph]\nurl = \"{graph}\"\n\n[limits]\nper_customer = 0\n\n[sending]\nper_customer = 0\nper_number = {}\nanswer = \"{}\"\nhold = \"{}\"\n",
                shops.display(),
                self.per_number,
                self.answer,
                self.hold
            ) + &self.people(),
        )?;
        Ok(config)
    }

    /// The people of each shop, if they have any: nobody listens where they are told.
    fn people(&self) -> String {
        let section = |n: usize| {
            format!("\n[handoff.shops.counter{n}]\nurl = \"http://127.0.0.1:9/\"\nsecret = \"env:{}\"\n", people_of(n))
        };
        if self.apart { (0..self.shops).map(section).collect() } else { String::new() }
    }

    /// A key of the operator's API for every shop that may read; made before the server starts.
    ///
    /// # Errors
    /// The command fails.
    pub async fn key(&self) -> io::Result<String> {
        self.key_for("campaign", &["--scope", "read"]).await
    }

    /// A key with these arguments of `duka keys new`.
    ///
    /// # Errors
    /// The command fails.
    pub async fn key_for(&self, name: &str, arguments: &[&str]) -> io::Result<String> {
        let config = self.write()?;
        let mut command = Command::new(self.duka);
        command.args(["keys", "new", name]).args(arguments).arg("--config").arg(&config);
        let output = self.secrets(&mut command).output().await?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
    }

    fn secrets<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if self.apart {
            for n in 0..self.shops {
                command.env(app_of(n), shop_secret(n)).env(people_of(n), format!("people-{}", shop_secret(n)));
            }
        }
        command
            .env("DUKA_WHATSAPP_APP_SECRET", APP_SECRET)
            .env("DUKA_WHATSAPP_TOKEN", "load-test-token")
            .env("DUKA_WHATSAPP_VERIFY_TOKEN", "load-test-verify-token-0123456789")
    }

    /// # Errors
    /// It does not start, or is not ready in time.
    pub async fn start(&self) -> io::Result<Process> {
        let begun = Instant::now();
        let mut process = self.spawn()?;
        process.wait_ready(begun).await?;
        Ok(process)
    }

    /// Starts it, and does not wait until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub fn spawn(&self) -> io::Result<Process> {
        let config = self.write()?;
        let address = self.address.clone();
        let log = fs::File::options().create(true).append(true).open(self.folder.join(format!("{}.log", self.name)))?;
        let mut command = Command::new(if self.slow_sync_ms == 0 { self.duka } else { Path::new("strace") });
        if self.slow_sync_ms > 0 {
            let inject = format!("inject=fdatasync,fsync:delay_exit={}", self.slow_sync_ms * 1_000);
            // The tracer is the grandchild: the child is the server itself.
            command.args(["-D", "-f", "-q", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"]);
            command.args(["-e", &inject]).arg(self.duka);
        }
        if let Some(forgets) = &self.forgets {
            forgets.tell(&mut command)?;
        }
        command.arg("serve").arg("--config").arg(&config);
        let child = self.secrets(&mut command).stdout(log.try_clone()?).stderr(log).kill_on_drop(true).spawn()?;
        Ok(Process { child, address, ready_in: Duration::ZERO })
    }
}

/// The stand-in for the Graph API, with more of its own arguments.
pub async fn graph(duka: &Path, folder: &Path, more: &[&str]) -> io::Result<Process> {
    let address = free_address()?;
    let log = fs::File::create(folder.join("graph.log"))?;
    let mut command = Command::new(duka);
    command.args(["dev-graph", "--listen", &address, "--app-secret", APP_SECRET]).args(more);
    let begun = Instant::now();
    let child = command.stdout(log.try_clone()?).stderr(log).kill_on_drop(true).spawn()?;
    let mut process = Process { child, address, ready_in: Duration::ZERO };
    while TcpStream::connect(&process.address).await.is_err() {
        process.still_there(begun)?;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(process)
}

impl Process {
    async fn wait_ready(&mut self, begun: Instant) -> io::Result<()> {
        while get(&self.address, "/readyz").await.is_none_or(|(status, _)| status != 200) {
            self.still_there(begun)?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.ready_in = begun.elapsed();
        Ok(())
    }

    fn still_there(&mut self, begun: Instant) -> io::Result<()> {
        match self.child.try_wait()? {
            Some(status) => Err(io::Error::other(format!("the process ended with {status}"))),
            None if begun.elapsed() > Duration::from_secs(60) => Err(io::Error::other("it is not ready after 60 s")),
            None => Ok(()),
        }
    }

    /// Resident memory in MiB: now, and at its highest.
    pub fn memory(&self) -> (f64, f64) {
        let status = self.proc("status");
        let read = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
        };
        (read("VmRSS:"), read("VmHWM:"))
    }

    /// CPU time so far, user and system.
    pub fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        let ticks: u64 = stat
            .rsplit(") ")
            .next()
            .map_or(0, |rest| rest.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum());
        Duration::from_millis(ticks * 10)
    }

    fn proc(&self, file: &str) -> String {
        let pid = self.child.id().unwrap_or(0);
        fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// # Errors
    /// There is no `kill`.
    pub async fn signal(&self, name: &str) -> io::Result<()> {
        signal(self.pid(), name).await
    }

    /// One figure of `/metrics`, summed over its labels.
    pub async fn metric(&self, name: &str) -> f64 {
        let Some((_, text)) = get(&self.address, "/metrics").await else { return 0.0 };
        let lines = text.lines().filter(|line| line.starts_with(name) && !line.starts_with('#'));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// As if the machine had lost it: no warning, nothing flushed.
    ///
    /// # Errors
    /// It is gone already.
    pub async fn kill(mut self) -> io::Result<()> {
        self.kill_now().await
    }

    /// # Errors
    /// It is gone already.
    pub async fn kill_now(&mut self) -> io::Result<()> {
        self.child.start_kill()?;
        self.child.wait().await?;
        Ok(())
    }

    /// Asks it to end, and waits.
    ///
    /// # Errors
    /// It ended, but not well.
    pub async fn stop(mut self) -> io::Result<()> {
        self.signal("TERM").await?;
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
    }
}

/// # Errors
/// There is no `kill`.
pub async fn signal(pid: u32, name: &str) -> io::Result<()> {
    Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().await?;
    Ok(())
}

/// Status and body.
pub async fn get(address: &str, path: &str) -> Option<(u16, String)> {
    get_as(address, path, "").await
}

/// The same with lines of a header, each ended.
pub async fn get_as(address: &str, path: &str, headers: &str) -> Option<(u16, String)> {
    ask(address, &format!("GET {path}"), headers).await
}

/// The same of any method, without a body: `DELETE /control/faults`.
pub async fn ask(address: &str, what: &str, headers: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("{what} HTTP/1.1\r\nHost: {address}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    Some((status, text.split_once("\r\n\r\n").map(|(_, body)| body.to_string()).unwrap_or_default()))
}

/// An address that nobody listens on.
///
/// # Errors
/// There is none.
pub fn free_address() -> io::Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// The shop that counts, as shop `n`.
///
/// # Errors
/// A file that can not be read or written.
pub fn copy_shop(to: &Path, n: usize, apart: bool) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shops/counter");
    let own = if apart { format!("\n    app_secret: env:{}", app_of(n)) } else { String::new() };
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let text = fs::read_to_string(entry.path())?;
        let text = text.replace(
            "channels: [whatsapp]",
            &format!(
                "channels:\n  whatsapp:\n    phone_number_id: \"{}\"\n    waba_id: \"102290129340398\"{own}",
                number(n)
            ),
        );
        fs::write(to.join(entry.file_name()), text)?;
    }
    Ok(())
}
