//! Everything that the server is to show by figures, in one command: each part of `load` and `campaign` in a process and a
//! folder of its own, those on PostgreSQL with a server of their own from `.ci/postgres`, and a summary at the end.

mod parts;

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use clap::Parser;

use crate::parts::{Part, parts};

/// Runs every part of the load tool and the campaign, and says at the end which targets were met.
///
/// Build first: `cargo build --release -p duka`, then `cargo build --release` in `tests/load`. Nothing else should run on the
/// machine meanwhile.
#[derive(Parser)]
struct Arguments {
    /// Only parts whose name begins so, such as `kill` or `load-turns`; all if none
    only: Vec<String>,
    /// The release build of `duka`
    #[arg(long, default_value = "../../target/release/duka")]
    duka: PathBuf,
    /// A quarter of an hour instead of one and a half: how much is done is then not judged, what comes of it is
    #[arg(long)]
    brief: bool,
    /// Say what was measured, and hold nothing against it
    #[arg(long)]
    no_judge: bool,
    /// Nothing on PostgreSQL
    #[arg(long)]
    no_postgres: bool,
    /// Name the parts with what they run, and run none
    #[arg(long)]
    list: bool,
    /// Where what each part printed is kept [default: `duka-targets` in the folder for temporary files]
    #[arg(long)]
    logs: Option<PathBuf>,
}

/// What became of a part.
struct Done {
    name: String,
    seconds: u64,
    /// `None`: it took too long.
    status: Option<ExitStatus>,
    /// Its lines of judgement.
    lines: Vec<String>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let wanted = |part: &Part| {
        let named = arguments.only.is_empty() || arguments.only.iter().any(|only| part.name.starts_with(only.as_str()));
        named && !(part.postgres && arguments.no_postgres)
    };
    let parts: Vec<Part> = parts(arguments.brief).into_iter().filter(wanted).collect();
    if arguments.list {
        parts.iter().for_each(|part| println!("{:<28} {} {}", part.name, part.tool, part.arguments.join(" ")));
        return Ok(());
    }
    let duka = fs::canonicalize(&arguments.duka)
        .map_err(|error| io::Error::other(format!("{}: {error}", arguments.duka.display())))?;
    let logs = arguments.logs.clone().unwrap_or_else(|| std::env::temp_dir().join("duka-targets"));
    fs::create_dir_all(&logs)?;
    let begun = Instant::now();
    let mut all = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        eprintln!("{} of {}: {}, {} s so far", at + 1, parts.len(), part.name, begun.elapsed().as_secs());
        all.push(run(part, &duka, &arguments, &logs)?);
    }
    println!("{}", summary(&all, begun.elapsed(), &logs));
    let met = all.iter().all(|done| done.status.is_some_and(|status| status.success()));
    std::process::exit(i32::from(!met));
}

fn run(part: &Part, duka: &Path, arguments: &Arguments, logs: &Path) -> io::Result<Done> {
    // The name stays short: a socket's path has about a hundred letters.
    let folder = tempfile::Builder::new().prefix("duka-part-").permissions(Permissions::from_mode(0o755)).tempdir()?;
    let log = logs.join(format!("{}.txt", part.name));
    let begun = Instant::now();
    let mut command = command(part, duka, arguments)?;
    let out = File::create(&log)?;
    command.env("TMPDIR", folder.path()).stdout(out.try_clone()?).stderr(out).process_group(0);
    let status = wait(command.spawn()?, begun + part.most)?;
    let text = fs::read_to_string(&log)?;
    let judged = ["met ", "MISSED ", "brief ", "not judged "];
    let lines = text.lines().filter(|line| judged.iter().any(|word| line.starts_with(word))).map(str::to_string);
    let done = Done { name: part.name.clone(), seconds: begun.elapsed().as_secs(), status, lines: lines.collect() };
    let held = done.status.is_some_and(|status| status.success());
    if !held {
        // The files of what went wrong are worth a look.
        eprintln!("{}: not met; see {} and {}", part.name, log.display(), folder.keep().display());
    }
    Ok(done)
}

/// The tool beside this one, for PostgreSQL inside `.ci/postgres`.
fn command(part: &Part, duka: &Path, arguments: &Arguments) -> io::Result<Command> {
    let tool = std::env::current_exe()?.with_file_name(part.tool);
    let mut command = if part.postgres {
        let postgres = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/postgres");
        let mut command = Command::new(postgres);
        command.env("FSYNC", "on").env_remove("DATABASE_URL");
        command.args(["sh", "-c", r#"exec "$@" --postgres "$DATABASE_URL""#, "sh"]).arg(tool);
        command
    } else {
        Command::new(tool)
    };
    command.args(&part.arguments).arg("--duka").arg(duka);
    command.args(arguments.brief.then_some("--brief")).args(arguments.no_judge.then_some("--no-judge"));
    Ok(command)
}

/// `None`: it was ended, with all that it had started, because its time was over.
fn wait(mut child: Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() > until {
            for signal in ["-TERM", "-KILL"] {
                Command::new("kill").args([signal, "--", &format!("-{}", child.id())]).status()?;
                std::thread::sleep(Duration::from_secs(10));
            }
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn summary(all: &[Done], elapsed: Duration, logs: &Path) -> String {
    let mut text = String::from("\n| part | s | result | figure |\n|---|---|---|---|\n");
    for Done { name, seconds, status, lines } in all {
        let result = match status {
            Some(status) if status.success() => "met".to_string(),
            Some(status) => format!("NOT MET ({status})"),
            None => "NOT MET (it took too long)".to_string(),
        };
        text += &format!("| {name} | {seconds} | {result} | |\n");
        for line in lines {
            let (word, figure) = line.split_at(line.len().min(11));
            text += &format!("| | | {} | {figure} |\n", word.trim());
        }
    }
    let of = |word: &str| all.iter().flat_map(|done| &done.lines).filter(|line| line.starts_with(word)).count();
    let (met, missed) = (of("met "), of("MISSED "));
    text + &format!(
        "\n{met} met, {missed} missed, in {} s; all that was printed is in {}",
        elapsed.as_secs(),
        logs.display()
    )
}
