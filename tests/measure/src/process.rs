//! The `duka` command as its users run it: the whole process, from its start to its end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use wait4::Wait4;

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User and system.
    pub cpu: Duration,
    /// The most memory it held at once, in bytes.
    pub peak: u64,
}

/// The command beside this program; it is built by the script that runs this.
fn duka() -> PathBuf {
    let own = std::env::current_exe().expect("this program has a path");
    own.with_file_name("duka")
}

/// The least that `duka check FOLDER` took in some runs.
///
/// # Panics
/// When the command is missing.
pub fn check(folder: &Path, runs: usize) -> Usage {
    let run = || {
        let mut command = Command::new(duka());
        command.arg("check").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("`cargo build --release -p duka` was run before");
        let used = child.wait4().expect("a child can be waited for");
        assert!(used.status.code().is_some_and(|code| code < 3), "{}: {}", folder.display(), used.status);
        Usage { cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss }
    };
    (0..runs).map(|_| run()).min_by_key(|usage| usage.cpu).unwrap_or_default()
}

/// A new folder with these files.
pub fn folder(files: &[(String, String)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a new file can be written");
    }
    folder
}
