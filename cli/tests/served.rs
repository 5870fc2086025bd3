//! `duka serve` and `duka dev-graph` as processes of their own on free ports: what customers of an example shop see, by
//! script, and when the server dies on its way. Opens no connection beyond this machine.
//!
//! `cargo test -p duka --test served play -- --nocapture` prints the played threads; `UPDATE=1` writes them into the scripts.

#[path = "served/away.rs"]
mod away;
#[path = "served/bridge.rs"]
mod bridge;
#[path = "../../tests/tests/server/card_corpus.rs"]
mod card_corpus;
#[path = "served/cards.rs"]
mod cards;
#[path = "served/closed.rs"]
mod closed;
#[path = "../../tests/tests/store/database.rs"]
mod database;
#[path = "served/dev.rs"]
mod dev;
#[path = "served/dump.rs"]
mod dump;
#[path = "served/failover.rs"]
mod failover;
#[path = "served/http.rs"]
mod http;
#[path = "served/play.rs"]
mod play;
#[path = "served/points.rs"]
mod points;
#[path = "served/script.rs"]
mod script;
#[path = "served/stage.rs"]
mod stage;
#[path = "cli/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the command, which use more of it")]
mod support;
