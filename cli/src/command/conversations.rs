//! `duka conversations`: where conversations stand on a server, and what led to each message. Changes nothing.

use std::io::Write;

use duka_runtime::ops::client::Server;
use duka_runtime::ops::moment;
use serde_json::Value as Json;

use super::remote::Shop;
use crate::arguments::{Conversations, ConversationsCommand, Listing};
use crate::failure::{Failure, Outcome};
use crate::report::count;
use crate::terminal::{self, paint};

/// What the API gives at once.
const PAGE: usize = 200;

pub fn run(arguments: &Conversations) -> Result<Outcome, Failure> {
    let shop = Shop::of(&arguments.remote)?;
    let mut out = anstream::stdout();
    match &arguments.command {
        ConversationsCommand::List { handed_over, limit } => {
            let rows = list(&shop, if *handed_over { "/handoffs" } else { "/conversations" }, *limit)?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", Json::Array(rows))?,
                Listing::Text if rows.is_empty() => writeln!(out, "{}: no conversations", shop.name)?,
                Listing::Text => {
                    for row in &rows {
                        writeln!(out, "{}", overview(row))?;
                    }
                }
            }
        }
        ConversationsCommand::Show { id, limit } => {
            let detail = shop.get(&format!("/conversations/{}", Server::part(id)))?;
            let turns = log(&shop, id, *limit)?;
            match arguments.format {
                Listing::Json => writeln!(out, "{}", serde_json::json!({ "conversation": detail, "turns": turns }))?,
                Listing::Text => {
                    writeln!(out, "{}", standing(&detail))?;
                    for turn in &turns {
                        write!(out, "{}", explained(turn))?;
                    }
                }
            }
        }
        ConversationsCommand::Export { id } => {
            let recording = shop.get(&format!("/conversations/{}/recording", Server::part(id)))?;
            writeln!(out, "{}", serde_json::to_string_pretty(&recording).unwrap_or_default())?;
        }
    }
    Ok(Outcome::Fine)
}

fn list(shop: &Shop, path: &str, limit: usize) -> Result<Vec<Json>, Failure> {
    let mut rows: Vec<Json> = Vec::new();
    let mut after = String::new();
    while rows.len() < limit {
        let page = shop.get(&format!("{path}?limit={}{after}", PAGE.min(limit - rows.len())))?;
        rows.extend(page["conversations"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    Ok(rows)
}

fn log(shop: &Shop, id: &str, limit: usize) -> Result<Vec<Json>, Failure> {
    let mut turns: Vec<Json> = Vec::new();
    let mut after = String::new();
    while turns.len() < limit {
        let wanted = PAGE.min(limit - turns.len());
        let page: Vec<Json> = shop.read(&format!("/conversations/{}/log?limit={wanted}{after}", Server::part(id)))?;
        let ended = page.len() < wanted;
        turns.extend(page);
        match turns.last() {
            Some(last) if !ended => after = format!("&after={}", last["turn"]),
            Some(_) | None => break,
        }
    }
    Ok(turns)
}

fn text<'a>(row: &'a Json, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn overview(row: &Json) -> String {
    let heard = match row["last_inbound_ms"].as_i64() {
        Some(at_ms) if at_ms > 0 => moment(at_ms),
        Some(_) | None => "never wrote".to_string(),
    };
    let number = |what: &str| row[what].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
    let turns = count(number("turns"), "turn");
    let mut line = format!("{}  {}  {heard}  {turns}", text(row, "id"), text(row, "channel"));
    if row["handed_over"] == true {
        line.push_str("  with a person");
    }
    match number("pending") {
        0 => {}
        1 => line.push_str("  1 event waits"),
        pending => line.push_str(&format!("  {pending} events wait")),
    }
    line
}

fn standing(detail: &Json) -> String {
    let places = detail["at"].as_array().into_iter().flatten();
    let places: Vec<String> = places.map(|at| format!("{}.{}", text(at, "flow"), text(at, "state"))).collect();
    let at = if places.is_empty() { "nowhere: not begun, or ended".to_string() } else { places.join(" > ") };
    let mut lines = format!("{}\nstands at {at}", overview(detail));
    if detail["busy"] == true {
        lines.push_str(", waits for the shop's systems");
    }
    if let Some(at_ms) = detail["wake_at_ms"].as_i64() {
        lines.push_str(&format!(", wakes at {}", moment(at_ms)));
    }
    let revision = text(detail, "revision").get(..8).unwrap_or_default();
    let language = match text(detail, "language") {
        "" => "the shop's first language",
        language => language,
    };
    format!("{lines}\n{language}, revision {revision}\n")
}

/// One turn: what happened, the states, the conditions, and each message with its reason and fate.
fn explained(turn: &Json) -> String {
    let at = moment(turn["at_ms"].as_i64().unwrap_or_default());
    let mut out = format!("{}  {at}  {}\n", turn["turn"], paint(terminal::CUSTOMER, text(turn, "event")));
    let list = |key: &str| turn[key].as_array().cloned().unwrap_or_default();
    let states: Vec<String> = list("states").iter().filter_map(|state| state.as_str().map(str::to_string)).collect();
    if !states.is_empty() {
        out.push_str(&format!("     entered {}\n", states.join(", ")));
    }
    for guard in list("guards") {
        let holds = if guard["holds"] == true { "holds" } else { "does not hold" };
        let place = guard["line"].as_str().unwrap_or_else(|| text(&guard, "state"));
        out.push_str(&format!("     the condition at {place} {holds}\n"));
    }
    for note in list("notes") {
        out.push_str(&format!("     {}\n", note.as_str().unwrap_or_default()));
    }
    for message in list("messages") {
        out.push_str(&sent(&message));
    }
    out
}

fn sent(message: &Json) -> String {
    let kind = if message["template"] == true { "template " } else { "" };
    let line = message["line"].as_str().map(|line| format!(" at {line}")).unwrap_or_default();
    let follow = &message["follow"];
    let state = match (message["state"].as_str(), follow.is_object()) {
        (Some(state), _) => format!(", said by {state}"),
        (None, true) => {
            format!(", said by {} of {} on {}", text(follow, "name"), text(follow, "flow"), text(follow, "on"))
        }
        (None, false) => String::new(),
    };
    let mut out = format!("     {} {kind}{}{line}{state}\n", paint(terminal::GOOD, "sent"), text(message, "key"));
    let mut fate = vec![text(message, "sending").to_lowercase()];
    match text(message, "delivery") {
        "None" | "" => {}
        delivery => fate.push(delivery.to_lowercase()),
    }
    match (text(message, "category"), text(message, "pricing")) {
        ("", _) => {}
        (category, "") => fate.push(category.to_string()),
        (category, pricing) => fate.push(format!("{category} ({pricing})")),
    }
    if let Some(silence_ms) = message["silence_ms"].as_i64() {
        fate.push(format!("{} after the customer wrote", length(silence_ms)));
    }
    if let Some(error) = message["error"].as_i64().filter(|error| *error != 0) {
        fate.push(format!("error {error}"));
    }
    out.push_str(&format!("          {}\n", fate.join(", ")));
    out
}

fn length(ms: i64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}
