//! Examines a server's whole set-up before customers do: settings, secrets, database, the account at WhatsApp with its
//! numbers and templates, and the server itself. What is missing keeps nothing else from being looked at. Changes nothing,
//! sends nothing, and shows no secret.

mod account;
mod machine;

use serde::Serialize;

use crate::config::{Config, Keyring, Mistake};
use crate::host::clock::{Clock, SystemClock};
use crate::shops::Trouble;

use super::accounts;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// It works, but somebody should look.
    Warning,
    /// It does not work, or will not when it is needed.
    Fault,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub level: Level,
    /// `database`, `boutique: number 1065…`.
    pub about: String,
    /// What was found, as a sentence without its stop.
    pub found: String,
    /// What to do; empty where nothing is to be done.
    pub fix: String,
}

impl Line {
    fn ok(about: impl Into<String>, found: impl Into<String>) -> Line {
        Line { level: Level::Ok, about: about.into(), found: found.into(), fix: String::new() }
    }

    fn warning(about: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Line {
        Line { level: Level::Warning, about: about.into(), found: found.into(), fix: fix.into() }
    }

    fn fault(about: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Line {
        Line { level: Level::Fault, about: about.into(), found: found.into(), fix: fix.into() }
    }
}

/// Looks at everything, in the order in which a set-up is made. `secrets` is the keyring that the settings were read with, and
/// notes what is missing.
pub async fn examine(config: &Config, secrets: &Keyring) -> Vec<Line> {
    let now_ms = SystemClock::default().now_ms();
    let mut lines: Vec<Line> = secrets.missing().iter().map(missing).collect();
    lines.extend(machine::secrets(config));
    lines.push(machine::version(config, now_ms));
    lines.extend(machine::store(config).await);
    lines.extend(machine::files(&config.files.place).await);
    lines.push(machine::server(config).await);
    let shops = accounts::all(config, secrets).unwrap_or_else(|trouble| {
        lines.push(broken(&config.shops.display().to_string(), &trouble));
        Vec::new()
    });
    lines.extend(secrets.missing().iter().map(missing));
    let graph = match accounts::graph(config) {
        Ok(graph) => graph,
        Err(error) => {
            lines.push(Line::fault("Graph API", error.to_string(), "Install the machine's CA certificates."));
            return lines;
        }
    };
    lines.push(account::clock(&graph, config, now_ms).await);
    for shop in shops {
        match shop {
            Ok(shop) => lines.extend(account::examine(&graph, &shop, config, now_ms).await),
            Err(trouble) => lines.push(broken("shops", &trouble)),
        }
    }
    lines
}

fn missing(secret: &Mistake) -> Line {
    Line::fault("secret", secret.to_string(), secret.help.as_deref().unwrap_or_default())
}

fn broken(about: &str, trouble: &Trouble) -> Line {
    Line::fault(about, trouble.to_string(), trouble.help().unwrap_or("Mend it; `duka check` says more."))
}
