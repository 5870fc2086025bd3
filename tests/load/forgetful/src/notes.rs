//! What each write replaced, file by file, until a sync.
//!
//! A file has a folder of notes, named by its inode: `path`, and numbered notes, of which the highest is written to. A sync
//! begins a new one, and removes those before it when it has ended.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::fd::{AsRawFd, RawFd};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard};

use crate::cut;

/// A write or a truncation: where, how large the file was, and what was and is there. On the disk: four numbers of eight
/// bytes (place, size of the file before, lengths of `old` and `new`), `old`, `new`.
pub struct Note {
    pub at: u64,
    pub size_before: u64,
    pub old: Vec<u8>,
    pub new: Vec<u8>,
}

impl Note {
    fn bytes(at: u64, size_before: u64, old: &[u8], new: &[u8]) -> Vec<u8> {
        let numbers = [at, size_before, old.len() as u64, new.len() as u64];
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend_from_slice(old);
        bytes.extend_from_slice(new);
        bytes
    }

    /// All notes of a file; a last one that is not whole was of a write that never began.
    pub fn all(mut bytes: &[u8]) -> Vec<Note> {
        let mut notes = Vec::new();
        while let Some((numbers, rest)) = bytes.split_first_chunk::<32>() {
            let number = |n: usize| u64::from_le_bytes(std::array::from_fn(|i| numbers[8 * n + i]));
            let (old, new) = (number(2) as usize, number(3) as usize);
            if rest.len() < old + new {
                break;
            }
            notes.push(Note {
                at: number(0),
                size_before: number(1),
                old: rest[..old].to_vec(),
                new: rest[old..old + new].to_vec(),
            });
            bytes = &rest[old + new..];
        }
        notes
    }
}

struct Watch {
    folder: PathBuf,
    notes: PathBuf,
    files: HashMap<u64, Option<Notes>>,
}

/// Of one file.
pub struct Notes {
    folder: PathBuf,
    number: u64,
    file: File,
}

static WATCH: LazyLock<Option<Mutex<Watch>>> = LazyLock::new(|| {
    let folder = |name: &str| std::env::var_os(name).and_then(|path| fs::canonicalize(path).ok());
    let (folder, notes) = (folder("FORGETFUL_FOLDER")?, folder("FORGETFUL_NOTES")?);
    Some(Mutex::new(Watch { folder, notes, files: HashMap::new() }))
});

/// Before `main`: nothing has a thread yet, and nothing has opened a file.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    let seed = std::env::var("FORGETFUL_CUT").ok().and_then(|seed| seed.parse().ok());
    if let (Some(seed), Some(watch)) = (seed, WATCH.as_ref())
        && let Ok(watch) = watch.lock()
    {
        cut::cut(&watch.notes, seed);
    }
}

/// The notes of an open file, held until dropped.
pub struct Held(MutexGuard<'static, Watch>, u64);

/// None for what is not a file of the watched folder.
pub fn of(fd: RawFd) -> Option<Held> {
    let watch = WATCH.as_ref()?;
    let mut stat = unsafe { std::mem::zeroed::<libc::stat>() };
    if unsafe { libc::fstat(fd, &mut stat) } != 0 || stat.st_mode & libc::S_IFMT != libc::S_IFREG {
        return None;
    }
    let inode = stat.st_ino;
    let mut watch = watch.lock().ok()?;
    if !watch.files.contains_key(&inode) {
        let notes = Notes::begin(&watch, fd, inode);
        watch.files.insert(inode, notes);
    }
    watch.files[&inode].is_some().then(|| Held(watch, inode))
}

impl Notes {
    fn begin(watch: &Watch, fd: RawFd, inode: u64) -> Option<Notes> {
        let path = fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
        if !path.starts_with(&watch.folder) {
            return None;
        }
        let folder = watch.notes.join(inode.to_string());
        fs::create_dir_all(&folder).ok()?;
        let named = File::create(folder.join("path")).ok()?;
        append(&named, path.to_str()?.as_bytes());
        let number = numbers(&folder).last().map_or(0, |last| last + 1);
        let file = File::create(folder.join(number.to_string())).ok()?;
        Some(Notes { folder, number, file })
    }
}

/// The numbers of a file's notes, in order.
pub fn numbers(folder: &std::path::Path) -> Vec<u64> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut numbers: Vec<u64> = names.filter_map(|name| name.to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

impl Held {
    fn notes(&mut self) -> &mut Notes {
        let Held(watch, inode) = self;
        match watch.files.get_mut(inode) {
            Some(Some(notes)) => notes,
            _ => unreachable!("`of` holds only what has notes"),
        }
    }

    pub fn write(&mut self, fd: RawFd, new: &[u8], at: u64, write: impl FnOnce() -> isize) -> isize {
        let old = read(fd, at, new.len());
        append(&self.notes().file, &Note::bytes(at, size(fd), &old, new));
        write()
    }

    /// Where the file stands, or at its end if it is open for appending.
    pub fn write_here(&mut self, fd: RawFd, new: &[u8], write: impl FnOnce() -> isize) -> isize {
        let appends = unsafe { libc::fcntl(fd, libc::F_GETFL) } & libc::O_APPEND != 0;
        let at = if appends { size(fd) } else { unsafe { libc::lseek(fd, 0, libc::SEEK_CUR) as u64 } };
        self.write(fd, new, at, write)
    }

    pub fn truncate(&mut self, fd: RawFd, to: u64, cut: impl FnOnce() -> i32) -> i32 {
        let size = size(fd);
        let old = read(fd, to, size.saturating_sub(to) as usize);
        append(&self.notes().file, &Note::bytes(to, size, &old, &[]));
        cut()
    }

    pub fn begin_sync(&mut self) -> Sync {
        let notes = self.notes();
        let sync = Sync { folder: notes.folder.clone(), number: notes.number };
        if let Ok(file) = File::create(notes.folder.join((notes.number + 1).to_string())) {
            (notes.number, notes.file) = (notes.number + 1, file);
        }
        sync
    }
}

/// A sync that is under way, and the last note that it keeps.
pub struct Sync {
    folder: PathBuf,
    number: u64,
}

impl Sync {
    pub fn ended(self) {
        for number in numbers(&self.folder).into_iter().filter(|number| *number <= self.number) {
            let _ = fs::remove_file(self.folder.join(number.to_string()));
        }
    }
}

fn size(fd: RawFd) -> u64 {
    let mut stat = unsafe { std::mem::zeroed::<libc::stat>() };
    if unsafe { libc::fstat(fd, &mut stat) } == 0 { stat.st_size as u64 } else { 0 }
}

/// What is there, which ends with the file.
fn read(fd: RawFd, at: u64, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    // By its own descriptor: to open and close the file once more would give up the locks that SQLite has on it.
    let got = unsafe { libc::syscall(libc::SYS_pread64, fd, bytes.as_mut_ptr(), count, at) };
    bytes.truncate(got.max(0) as usize);
    bytes
}

/// By the system's call: the library's own is ours, and waits for what the caller holds.
pub fn append(to: &File, bytes: &[u8]) {
    let mut left = bytes;
    while !left.is_empty() {
        let got = unsafe { libc::syscall(libc::SYS_write, to.as_raw_fd(), left.as_ptr(), left.len()) };
        assert!(got > 0, "the notes of a disk that forgets can not be written");
        left = &left[got as usize..];
    }
}
