//! The one write or sync that fails, as on a disk that is full or broken for a moment: the one of that number since the process
//! began, over all files that are watched.

use std::fs::File;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use libc::c_int;

static AT: LazyLock<u64> =
    LazyLock::new(|| std::env::var("FORGETFUL_FAILS").ok().and_then(|at| at.parse().ok()).unwrap_or(0));
static DONE: AtomicU64 = AtomicU64::new(0);

/// Whether it is this one: then the caller is told of that error. A file `failed` beside the notes says so to others.
pub fn with(error: c_int) -> bool {
    if *AT == 0 || DONE.fetch_add(1, Ordering::Relaxed) + 1 != *AT {
        return false;
    }
    if let Some(notes) = std::env::var_os("FORGETFUL_NOTES") {
        drop(File::create(std::path::Path::new(&notes).join("failed")));
    }
    unsafe { *libc::__errno_location() = error };
    true
}
