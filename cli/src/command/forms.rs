//! `duka forms`: the forms of shops as their flows want them and as WhatsApp holds them. Publishes only when asked.

use std::io::Write;

use duka_runtime::channel::whatsapp::client::{Access, Graph};
use duka_runtime::channel::whatsapp::flows::crypto::public_half;
use duka_runtime::channel::whatsapp::flows::published::{Forms, Published};
use duka_runtime::config::Config;
use duka_runtime::ops::accounts::Account;
use duka_runtime::ops::forms::{self, Wanted};
use serde::Serialize;

use super::vendor::Vendor;
use crate::arguments::{FormsArguments, FormsCommand, Listing};
use crate::failure::{Failure, Outcome};
use crate::report::count;
use crate::terminal::{self, paint};

pub fn run(arguments: &FormsArguments) -> Result<Outcome, Failure> {
    let Vendor { config, shops, graph, threads } = Vendor::of(&arguments.of)?;
    threads.block_on(async {
        let mut fine = true;
        let mut rows = Vec::new();
        for shop in &shops {
            let at = Place::of(&graph, shop, &config).await?;
            match &arguments.command {
                FormsCommand::List => rows.extend(at.rows()),
                FormsCommand::Diff => rows.extend(at.rows().into_iter().filter(|row| !row.is_fine())),
                FormsCommand::Pull => at.pull().await?,
                FormsCommand::Push { dry_run } => fine &= at.push(*dry_run).await?,
            }
        }
        if let FormsCommand::List | FormsCommand::Diff = arguments.command {
            print(arguments.of.format, &rows)?;
        }
        if let FormsCommand::Diff = arguments.command {
            fine = rows.is_empty();
        }
        Ok(Outcome::of(fine))
    })
}

/// One shop, and what WhatsApp holds for it now.
struct Place<'a> {
    graph: &'a Graph,
    shop: &'a Account,
    account: &'a str,
    access: Access,
    wanted: Vec<Wanted>,
    held: Forms,
    /// Where its forms ask the server, and the public half of the key.
    asks: Option<(String, String)>,
}

/// One form.
#[derive(Debug, Serialize)]
struct Row {
    shop: String,
    form: String,
    /// Which declares it.
    flow: String,
    /// The vendor's word in small letters; `missing`: it knows none; `field by field`: it can not be shown.
    state: String,
    /// Why it can not be shown.
    why: Vec<String>,
    /// Words that are cut.
    cut: Vec<String>,
}

impl Row {
    /// As it should be: published, or of those that are never shown.
    fn is_fine(&self) -> bool {
        self.state == "published" || !self.why.is_empty()
    }
}

impl<'a> Place<'a> {
    async fn of(graph: &'a Graph, shop: &'a Account, config: &Config) -> Result<Place<'a>, Failure> {
        let slug = &shop.source.slug;
        let missing = |what: &str, help: &str| Failure::usage_with_help(format!("`{slug}` {what}"), help);
        let account = shop.source.live.account.as_deref();
        let account = account.ok_or_else(|| missing("names no business account", "Add `waba_id` to its channel."))?;
        let access = shop.access();
        let access = access.ok_or_else(|| missing("has no access token", "`duka doctor` says where it goes."))?;
        let key = config.whatsapp.flows_keys.first().map(public_half).transpose();
        let key = key.map_err(|wrong| {
            missing(&format!("can not ask by its forms: {wrong}"), "`duka keys flows` makes a key.")
        })?;
        let asks = forms::endpoint(config, slug).zip(key);
        let wanted = forms::wanted(&shop.source.program.shop, asks.is_some());
        let held = asked(graph, shop, account, &access, &wanted).await?;
        Ok(Place { graph, shop, account, access, wanted, held, asks })
    }

    fn published(&self, wanted: &Wanted) -> Option<&Published> {
        let shape = wanted.shape.as_ref().ok()?;
        let name = shape.name();
        let of_name = || self.held.forms.iter().filter(|held| held.name == name);
        of_name().find(|held| held.was_published()).or_else(|| of_name().next())
    }

    fn rows(&self) -> Vec<Row> {
        let row = |wanted: &Wanted| Row {
            shop: self.shop.source.slug.to_string(),
            form: wanted.form.name.to_string(),
            flow: wanted.form.path.to_string(),
            state: match (&wanted.shape, self.published(wanted)) {
                (Err(_), _) => "field by field".to_string(),
                (Ok(_), None) => "missing".to_string(),
                (Ok(_), Some(held)) => held.status.to_lowercase(),
            },
            why: wanted.shape.as_ref().err().cloned().unwrap_or_default(),
            cut: if wanted.shape.is_ok() { wanted.cut() } else { Vec::new() },
        };
        self.wanted.iter().map(row).collect()
    }

    /// WhatsApp encrypts what forms ask with our public key, which each number has to be told.
    async fn give_key(&self) -> Result<(), Failure> {
        let Some((_, key)) = &self.asks else { return Ok(()) };
        for number in &self.shop.source.live.numbers {
            let given = self.graph.set_flows_key(number, &self.access, key).await;
            given
                .map_err(|error| Failure::usage(format!("{}: the key of its forms: {error}", self.shop.source.slug)))?;
        }
        Ok(())
    }

    async fn pull(&self) -> Result<(), Failure> {
        note(self.shop, &self.held)
    }

    /// `false`: something could not be published.
    async fn push(&self, dry_run: bool) -> Result<bool, Failure> {
        let mut out = anstream::stdout();
        let slug = &self.shop.source.slug;
        let mut fine = true;
        let mut changed = false;
        let endpoint = self.asks.as_ref().map(|(endpoint, _)| endpoint.as_str());
        if !dry_run {
            self.give_key().await?;
        }
        let mut done: Vec<String> = Vec::new();
        for wanted in &self.wanted {
            let about = format!("{slug}: {} ({})", wanted.form.name, wanted.form.path);
            let shape = match &wanted.shape {
                Ok(shape) => shape,
                Err(why) => {
                    writeln!(out, "{about}: asked field by field, since {}", why.join("; "))?;
                    continue;
                }
            };
            let name = shape.name();
            if self.published(wanted).is_some_and(Published::was_published) || done.contains(&name) {
                continue;
            }
            done.push(name.clone());
            if dry_run {
                writeln!(out, "{about} would be published as {name}:\n{:#}", shape.flow())?;
                continue;
            }
            match self.graph.publish_flow(self.account, &self.access, (&name, &shape.flow()), endpoint).await {
                Ok(_) => {
                    changed = true;
                    writeln!(out, "{about}: {}", paint(terminal::GOOD, "published"))?;
                }
                Err(error) => {
                    fine = false;
                    writeln!(out, "{about}: {}. {error}", paint(terminal::BAD, "not published"))?;
                }
            }
        }
        if done.is_empty() {
            writeln!(out, "{slug}: every form that can be shown is published")?;
        }
        if changed {
            note(self.shop, &asked(self.graph, self.shop, self.account, &self.access, &self.wanted).await?)?;
        }
        Ok(fine)
    }
}

async fn asked(
    graph: &Graph,
    shop: &Account,
    account: &str,
    access: &Access,
    wanted: &[Wanted],
) -> Result<Forms, Failure> {
    // A file that is no list any more is written anew.
    let before = std::fs::read_to_string(forms::lock(shop)).ok().and_then(|text| Forms::read(&text).ok());
    let held = forms::pull(graph, account, access, (wanted, &before.unwrap_or_default()), super::now_ms()).await;
    held.map_err(|error| {
        Failure::usage_with_help(format!("{}: {error}", shop.source.slug), "`duka doctor` says what to do about it.")
    })
}

fn note(shop: &Account, held: &Forms) -> Result<(), Failure> {
    let path = forms::lock(shop);
    std::fs::write(&path, held.write()).map_err(|error| Failure::writing(&path, error))?;
    Ok(writeln!(std::io::stdout(), "{}: {}", path.display(), count(held.forms.len(), "form"))?)
}

fn print(format: Listing, rows: &[Row]) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    if format == Listing::Json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(rows).unwrap_or_default())?);
    }
    for row in rows {
        let Row { shop, form, flow, state, .. } = row;
        let style = if row.is_fine() { terminal::GOOD } else { terminal::BAD };
        writeln!(out, "{shop}: {form} ({flow})  {}", paint(style, state))?;
        for told in row.why.iter().chain(&row.cut) {
            writeln!(out, "  {told}")?;
        }
    }
    Ok(())
}
