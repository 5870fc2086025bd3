//! `duka templates`: the templates of shops as their flows want them and as WhatsApp holds them. Submits only when asked.

use std::io::Write;

use duka_engine::approval::{Difference, Held, Registry, Wanted, differences};
use duka_runtime::channel::whatsapp::client::{Access, Graph};
use duka_runtime::ops::accounts::{self, Account};
use serde::Serialize;

use super::vendor::Vendor;
use crate::arguments::{Listing, Templates, TemplatesCommand};
use crate::failure::{Failure, Outcome};
use crate::report::count;
use crate::terminal::{self, paint};

pub fn run(arguments: &Templates) -> Result<Outcome, Failure> {
    let Vendor { shops, graph, threads, .. } = Vendor::of(&arguments.of)?;
    threads.block_on(async {
        let mut fine = true;
        let mut rows = Vec::new();
        for shop in &shops {
            let at = Place::of(&graph, shop).await?;
            match &arguments.command {
                TemplatesCommand::List => rows.extend(at.rows()),
                TemplatesCommand::Diff => rows.extend(at.rows().into_iter().filter(|row| !row.is_same())),
                TemplatesCommand::Pull => at.pull()?,
                TemplatesCommand::Push { dry_run } => fine &= at.push(*dry_run).await?,
            }
        }
        if let TemplatesCommand::List | TemplatesCommand::Diff = arguments.command {
            print(arguments.of.format, &rows)?;
        }
        if let TemplatesCommand::Diff = arguments.command {
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
    registry: Registry,
}

/// One language of a template.
#[derive(Debug, Serialize)]
struct Row {
    shop: String,
    template: String,
    language: String,
    category: &'static str,
    /// The vendor's word in small letters; `missing`: it knows none.
    state: String,
    quality: String,
    /// What differs.
    differs: Vec<&'static str>,
    /// The words as the flow has them.
    wanted: String,
    /// The words that the vendor holds.
    held: String,
}

impl Row {
    fn is_same(&self) -> bool {
        self.state == "approved" && self.differs.is_empty()
    }
}

impl<'a> Place<'a> {
    async fn of(graph: &'a Graph, shop: &'a Account) -> Result<Place<'a>, Failure> {
        let slug = &shop.source.slug;
        let missing = |what: &str, help: &str| Failure::usage_with_help(format!("`{slug}` {what}"), help);
        let account = shop.source.live.account.as_deref();
        let account = account.ok_or_else(|| missing("names no business account", "Add `waba_id` to its channel."))?;
        let access = shop.access();
        let access = access.ok_or_else(|| missing("has no access token", "`duka doctor` says where it goes."))?;
        let registry = accounts::pull(graph, account, &access, super::now_ms()).await;
        let registry = registry.map_err(|error| {
            Failure::usage_with_help(format!("{slug}: {error}"), "`duka doctor` says what to do about it.")
        })?;
        Ok(Place { graph, shop, account, access, wanted: shop.wanted(), registry })
    }

    fn held(&self, wanted: &Wanted) -> Option<&Held> {
        self.registry.find(&wanted.name, &wanted.language)
    }

    fn rows(&self) -> Vec<Row> {
        let row = |wanted: &Wanted| {
            let held = self.held(wanted);
            Row {
                shop: self.shop.source.slug.to_string(),
                template: wanted.name.to_string(),
                language: wanted.language.to_string(),
                category: wanted.category_word(),
                state: held.map_or("missing".to_string(), |held| held.status.to_lowercase()),
                quality: held.map(|held| held.quality.to_lowercase()).unwrap_or_default(),
                differs: held
                    .map(|held| differences(wanted, held))
                    .unwrap_or_default()
                    .into_iter()
                    .map(Difference::name)
                    .collect(),
                wanted: wanted.body.clone(),
                held: held.map(|held| held.body().to_string()).unwrap_or_default(),
            }
        };
        self.wanted.iter().map(row).collect()
    }

    fn pull(&self) -> Result<(), Failure> {
        let path = self.shop.lock();
        // A file that is no registry any more is written anew.
        let before = std::fs::read_to_string(&path).ok().and_then(|text| Registry::read(&text).ok());
        let own = accounts::of_shop(&self.registry, &self.wanted, &before.unwrap_or_default());
        std::fs::write(&path, own.write()).map_err(|error| Failure::writing(&path, error))?;
        let mut out = std::io::stdout();
        Ok(writeln!(out, "{}: {}", path.display(), count(own.templates.len(), "template"))?)
    }

    /// `false`: something could not be submitted.
    async fn push(&self, dry_run: bool) -> Result<bool, Failure> {
        let mut out = anstream::stdout();
        let slug = &self.shop.source.slug;
        let mut fine = true;
        let missing: Vec<&Wanted> = self.wanted.iter().filter(|wanted| self.held(wanted).is_none()).collect();
        if missing.is_empty() {
            writeln!(out, "{slug}: WhatsApp knows them all")?;
        }
        for wanted in missing {
            let about = format!("{slug}: {} ({})", wanted.name, wanted.language);
            if wanted.image {
                fine = false;
                writeln!(out, "{about}: not submitted. Its picture needs a sample: make it in WhatsApp Manager.")?;
                continue;
            }
            if dry_run {
                writeln!(out, "{about} would be submitted:\n{:#}", wanted.creation())?;
                continue;
            }
            match self.graph.create_template(self.account, &self.access, &wanted.creation()).await {
                Ok(_) => writeln!(out, "{about}: {}", paint(terminal::GOOD, "submitted"))?,
                Err(error) => {
                    fine = false;
                    writeln!(out, "{about}: {}. {error}", paint(terminal::BAD, "not submitted"))?;
                }
            }
        }
        Ok(fine)
    }
}

fn print(format: Listing, rows: &[Row]) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    if format == Listing::Json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(rows).unwrap_or_default())?);
    }
    for row in rows {
        let quality = if row.quality.is_empty() { String::new() } else { format!(", quality {}", row.quality) };
        let style = if row.is_same() { terminal::GOOD } else { terminal::BAD };
        let Row { shop, template, language, state, .. } = row;
        writeln!(out, "{shop}: {template} ({language})  {}{quality}", paint(style, state))?;
        if !row.differs.is_empty() {
            writeln!(out, "  differs: {}", row.differs.join(", "))?;
        }
        if row.differs.contains(&Difference::Words.name()) {
            writeln!(out, "  flow      {}", row.wanted.replace('\n', " / "))?;
            writeln!(out, "  WhatsApp  {}", row.held.replace('\n', " / "))?;
        }
    }
    Ok(())
}
