//! The calls of the C library in whose place ours are found first. Each does what it is asked to by the system call of the same
//! name, which nothing stands before.

use libc::{c_int, c_void, off_t, size_t, ssize_t};

use crate::notes;

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    let write = || unsafe { libc::syscall(libc::SYS_write, fd, bytes, count) as ssize_t };
    match notes::of(fd) {
        Some(mut notes) => notes.write_here(fd, unsafe { slice(bytes, count) }, write),
        None => write(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    let write = || unsafe { libc::syscall(libc::SYS_pwrite64, fd, bytes, count, at) as ssize_t };
    match notes::of(fd) {
        Some(mut notes) => notes.write(fd, unsafe { slice(bytes, count) }, at as u64, write),
        None => write(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    unsafe { pwrite(fd, bytes, count, at) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(fd: c_int, size: off_t) -> c_int {
    let cut = || unsafe { libc::syscall(libc::SYS_ftruncate, fd, size) as c_int };
    match notes::of(fd) {
        Some(mut notes) => notes.truncate(fd, size as u64, cut),
        None => cut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(fd: c_int, size: off_t) -> c_int {
    unsafe { ftruncate(fd, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    synced(fd, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    synced(fd, libc::SYS_fdatasync)
}

/// What was written before it began is kept; what is written meanwhile is not.
fn synced(fd: c_int, call: libc::c_long) -> c_int {
    let begun = notes::of(fd).map(|mut notes| notes.begin_sync());
    let result = unsafe { libc::syscall(call, fd) as c_int };
    if let (0, Some(begun)) = (result, begun) {
        begun.ended();
    }
    result
}

unsafe fn slice<'a>(bytes: *const c_void, count: size_t) -> &'a [u8] {
    unsafe { std::slice::from_raw_parts(bytes.cast(), count) }
}
