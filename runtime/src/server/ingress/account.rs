//! Events of the account, as changes of what is known of its templates and numbers. Rare, so they may read first.

use smol_str::SmolStr;

use crate::channel::whatsapp::decode::{AccountEvent, Standing, TemplateChange};
use crate::channel::whatsapp::warnings::{self, Change};
use crate::host::incoming::Arrived;
use crate::id::ShopScope;
use crate::shops::Served;
use crate::store::{self, Holds, NumberHealth, Store, TemplateRow, Warning};

/// What the store holds of an account.
#[derive(Debug, Default)]
pub(super) struct Known {
    templates: Vec<TemplateRow>,
    numbers: Vec<NumberHealth>,
}

impl Known {
    pub(super) async fn read(store: &Store, scope: ShopScope) -> Result<Known, store::Error> {
        let mut tx = store.read(scope).await?;
        Ok(Known { templates: tx.templates(scope).await?, numbers: tx.health(scope).await? })
    }

    fn template(&self, shop: ShopScope, name: &SmolStr, language: &SmolStr) -> TemplateRow {
        let found = self.templates.iter().find(|row| row.name == *name && row.language == *language);
        found.cloned().unwrap_or_else(|| TemplateRow {
            shop,
            name: name.clone(),
            language: language.clone(),
            status: SmolStr::default(),
            category: SmolStr::default(),
            quality: SmolStr::default(),
            vendor_id: 0,
            components: String::new(),
            at_ms: 0,
        })
    }

    fn number(&self, shop: ShopScope, number: &SmolStr) -> NumberHealth {
        let found = self.numbers.iter().find(|row| row.number == *number);
        found.cloned().unwrap_or_else(|| NumberHealth::unheard(shop, number.clone()))
    }

    /// The shop's numbers that an event is about: those of these digits, if it says any and they are known; else all.
    fn meant(&self, shop: &Served, digits: &str) -> Vec<NumberHealth> {
        let plain = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let digits = plain(digits);
        let rows = shop.numbers.iter().map(|number| self.number(shop.scope, number));
        rows.filter(|row| digits.is_empty() || row.display.is_empty() || plain(&row.display) == digits).collect()
    }
}

/// The rows that an event changes. What only people need to know is logged.
pub(super) fn changes(known: &Known, shop: &Served, event: AccountEvent, received_ms: i64) -> Vec<Arrived> {
    match event {
        AccountEvent::Template { vendor_id, name, language, at_ms, change } => {
            let row = known.template(shop.scope, &name, &language);
            let at_ms = if at_ms > 0 { at_ms } else { received_ms };
            template(TemplateRow { vendor_id, at_ms: at_ms.max(row.at_ms), ..row }, change, shop)
        }
        AccountEvent::Standing { standing, reason, at_ms } => {
            told(shop, "account_update", &reason, standing != Standing::Open);
            let at_ms = since(at_ms, received_ms);
            let (change, stopped) = standing_of(standing, reason, at_ms);
            let mut rows = known.meant(shop, "");
            for row in &mut rows {
                warnings::apply(&mut row.warnings, &change, at_ms);
                if let Some(stopped) = &stopped {
                    row.stopped = stopped.clone();
                }
            }
            heard(rows, received_ms)
        }
        AccountEvent::Limit { limit, event, number, at_ms } => {
            let at_ms = since(at_ms, received_ms);
            let change = warnings::of_quality(&event, at_ms);
            let warns = matches!(change, Some(Change::Warn(_)));
            told(shop, "phone_number_quality_update", &event, warns);
            // A limit is the whole portfolio's; a flag one number's.
            let mut rows = known.meant(shop, "");
            let meant = known.meant(shop, if change.is_some() { &number } else { "" });
            for row in &mut rows {
                if !limit.is_empty() {
                    row.tier = limit.clone();
                }
                if let Some(change) = change.as_ref().filter(|_| meant.iter().any(|it| it.number == row.number)) {
                    warnings::apply(&mut row.warnings, change, at_ms);
                }
            }
            heard(rows, received_ms)
        }
        AccountEvent::Notice { field, event, at_ms, .. } if event == "ACCOUNT_VIOLATION" => {
            told(shop, &field, &event, true);
            let at_ms = since(at_ms, received_ms);
            let mut rows = known.meant(shop, "");
            rows.iter_mut().for_each(|row| warnings::apply(&mut row.warnings, &warnings::of_violation(at_ms), at_ms));
            heard(rows, received_ms)
        }
        AccountEvent::Form { status, .. } => told(shop, "flows", &status, status != "PUBLISHED"),
        AccountEvent::Notice { field, event, alarming, .. } => told(shop, &field, &event, alarming),
    }
}

/// When it was said, or when it came.
fn since(at_ms: i64, received_ms: i64) -> i64 {
    if at_ms > 0 { at_ms.min(received_ms) } else { received_ms }
}

fn heard(rows: Vec<NumberHealth>, received_ms: i64) -> Vec<Arrived> {
    rows.into_iter().map(|row| Arrived::Health(NumberHealth { at_ms: received_ms.max(row.at_ms), ..row })).collect()
}

/// The change of warnings, and whether all sending stops or may go on; `None`: neither.
fn standing_of(standing: Standing, word: SmolStr, at_ms: i64) -> (Change, Option<SmolStr>) {
    let warn = |word, holds, until_ms| Change::Warn(Warning { word, holds, at_ms, until_ms });
    match standing {
        Standing::Open => (Change::LiftAll, Some(SmolStr::default())),
        Standing::AnswersOnly { until_ms } => (warn(word, Holds::Initiated, until_ms), None),
        Standing::Stopped { until_ms } => (warn(word.clone(), Holds::Everything, until_ms), Some(word)),
    }
}

fn template(row: TemplateRow, change: TemplateChange, shop: &Served) -> Vec<Arrived> {
    let row = match change {
        TemplateChange::Status { status, category, .. } => {
            told(shop, "template", &status, matches!(status.as_str(), "PAUSED" | "DISABLED" | "REJECTED" | "FLAGGED"));
            let category = if category.is_empty() { row.category } else { category };
            TemplateRow { status, category, ..row }
        }
        TemplateChange::Quality(quality) => {
            told(shop, "template quality", &quality, quality == "RED");
            TemplateRow { quality, ..row }
        }
        TemplateChange::Category(category) => {
            told(shop, "template category", &category, true);
            TemplateRow { category, ..row }
        }
        TemplateChange::CategoryWill { then, .. } => return told(shop, "template category will be", &then, true),
        TemplateChange::Edited => return told(shop, "template", "edited", false),
    };
    vec![Arrived::Template(row)]
}

/// For the operator. The words are the vendor's own, of its fixed lists.
fn told(shop: &Served, field: &str, event: &str, alarming: bool) -> Vec<Arrived> {
    if alarming {
        tracing::warn!(shop = %shop.slug, field, event, "the account needs somebody's eye");
        metrics::counter!("duka_account_alarms_total").increment(1);
    } else {
        tracing::info!(shop = %shop.slug, field, event, "the account has changed");
    }
    Vec::new()
}
