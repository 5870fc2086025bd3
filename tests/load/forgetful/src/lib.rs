//! A disk that forgets. A kill leaves the system's cache as it is, so that what a process wrote and never synced is there for
//! the next one all the same; a power cut takes it. This library stands before the C library's calls (`LD_PRELOAD`), notes what
//! each write below a folder replaces, and drops the notes of a file when a sync of it has ended. A process that is started
//! after a cut takes back, before its `main`, what is still in the notes.
//!
//! - `FORGETFUL_FOLDER`: whose files forget.
//! - `FORGETFUL_NOTES`: another folder, where the notes are kept.
//! - `FORGETFUL_CUT`: the power was cut; a number that decides what of the unsynced writes had reached the disk by itself. Every
//!   third one: nothing at all; the others: some of their sectors, in no order.
//!
//! What a cut does to names (files made, renamed, removed) it does not try, and what is written through a mapping it does not
//! see: SQLite writes its index of the log so, which it builds anew after a cut.

mod calls;
mod cut;
mod notes;
