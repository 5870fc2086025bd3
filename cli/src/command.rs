//! One module per command. A command reads files, asks the engine, and prints.

mod adapter;
mod audit;
mod backup;
mod chat;
mod check;
mod completions;
mod conversations;
mod convert;
mod costs;
mod dev;
mod dev_graph;
mod diff;
mod doctor;
mod draw;
mod erase;
mod explain;
mod explore;
mod fmt;
mod forms;
mod keys;
mod new;
mod orders;
mod quarantine;
mod remote;
mod replay;
mod schema;
mod sends;
mod serve;
mod templates;
mod test;
mod texts;
mod vendor;

use std::time::{SystemTime, UNIX_EPOCH};

use crate::arguments::Command;
use crate::failure::{Failure, Outcome};

/// Does what was asked for.
pub fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::New(arguments) => new::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Explore(arguments) => explore::run(&arguments),
        Command::Texts(arguments) => texts::run(&arguments),
        Command::Draw(arguments) => draw::run(&arguments),
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Chat(arguments) => chat::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::DevGraph(arguments) => dev_graph::run(&arguments),
        Command::Adapter(arguments) => adapter::run(&arguments.command),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Templates(arguments) => templates::run(&arguments),
        Command::Forms(arguments) => forms::run(&arguments),
        Command::Conversations(arguments) => conversations::run(&arguments),
        Command::Quarantine(arguments) => quarantine::run(&arguments),
        Command::Sends(arguments) => sends::run(&arguments),
        Command::Orders(arguments) => orders::run(&arguments),
        Command::Costs(arguments) => costs::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Erase(arguments) => erase::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
    }
}

/// Milliseconds since 1970-01-01.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
