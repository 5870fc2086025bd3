//! What a power cut leaves of the writes that no sync had kept.

use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::notes::{Note, append, numbers};

/// What a disk writes whole.
const SECTOR: usize = 512;

/// Takes back what was not synced, and removes its notes. `cuts.txt` beside them has a line for each cut: how many writes were
/// noted, and how many of their sectors stayed.
pub fn cut(notes: &Path, seed: u64) {
    let mut chance = Chance(seed);
    let (mut writes, mut sectors, mut stayed) = (0, 0, 0);
    for entry in fs::read_dir(notes).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir()) {
        let folder = entry.path();
        let all = of_file(&folder);
        if let Some(file) = still_there(&folder) {
            for note in all.iter().rev() {
                put(&file, note.at, &note.old);
                let _ = unsafe { libc::syscall(libc::SYS_ftruncate, file.as_raw_fd(), note.size_before) };
            }
            for note in &all {
                let pieces = note.new.chunks(SECTOR);
                sectors += pieces.len();
                for (n, piece) in pieces.enumerate() {
                    if !seed.is_multiple_of(3) && chance.is_heads() {
                        put(&file, note.at + (n * SECTOR) as u64, piece);
                        stayed += 1;
                    }
                }
            }
            writes += all.len();
        }
        let _ = fs::remove_dir_all(&folder);
    }
    let line = format!("{writes} writes not synced, {stayed} of their {sectors} sectors stayed\n");
    if let Ok(cuts) = File::options().create(true).append(true).open(notes.join("cuts.txt")) {
        append(&cuts, line.as_bytes());
    }
}

fn of_file(folder: &Path) -> Vec<Note> {
    let read = |number: u64| fs::read(folder.join(number.to_string())).unwrap_or_default();
    numbers(folder).into_iter().flat_map(|number| Note::all(&read(number))).collect()
}

/// The file of these notes, if its name is still its own.
fn still_there(folder: &Path) -> Option<File> {
    let path = fs::read_to_string(folder.join("path")).ok()?;
    let file = File::options().read(true).write(true).open(path).ok()?;
    let inode = file.metadata().ok()?.ino().to_string();
    (folder.file_name()?.to_str()? == inode).then_some(file)
}

fn put(file: &File, at: u64, bytes: &[u8]) {
    let got = unsafe { libc::syscall(libc::SYS_pwrite64, file.as_raw_fd(), bytes.as_ptr(), bytes.len(), at) };
    assert!(got == bytes.len() as i64, "what a cut leaves can not be written");
}

/// The same coins for the same seed.
struct Chance(u64);

impl Chance {
    fn is_heads(&mut self) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 63 == 1
    }
}
