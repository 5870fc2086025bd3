//! The command as its users meet it: what is printed where, and the exit code. Runs the real binary.

#[path = "cli/adapter.rs"]
mod adapter;
#[path = "cli/book.rs"]
mod book;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/converse.rs"]
mod converse;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/house.rs"]
mod house;
#[path = "cli/manual.rs"]
mod manual;
#[path = "cli/mistakes.rs"]
mod mistakes;
#[path = "cli/new.rs"]
mod new;
#[path = "cli/operate.rs"]
mod operate;
#[path = "cli/play.rs"]
mod play;
#[path = "cli/support.rs"]
mod support;
#[path = "cli/texts.rs"]
mod texts;
#[path = "cli/tour.rs"]
mod tour;
#[path = "cli/usage.rs"]
mod usage;
#[path = "cli/vendor.rs"]
mod vendor;
