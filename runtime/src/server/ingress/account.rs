//! Events of the account, as changes of what is known of its templates and numbers. Rare, so they may read first.

use smol_str::SmolStr;

use crate::channel::whatsapp::decode::{AccountEvent, Standing, TemplateChange};
use crate::host::incoming::Arrived;
use crate::id::ShopScope;
use crate::shops::Served;
use crate::store::{self, NumberHealth, Store, TemplateRow};

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
        found.cloned().unwrap_or_else(|| NumberHealth {
            shop,
            number: number.clone(),
            quality: SmolStr::default(),
            tier: SmolStr::default(),
            stopped: SmolStr::default(),
            at_ms: 0,
        })
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
        AccountEvent::Standing { standing, reason, .. } => {
            let stopped = match standing {
                Standing::Open => SmolStr::default(),
                // Answers may still leave; the templates that may not are refused one by one.
                Standing::AnswersOnly { .. } => return told(shop, "account_update", &reason, true),
                Standing::Stopped { .. } => reason.clone(),
            };
            told(shop, "account_update", &reason, standing != Standing::Open);
            let row = |number: &SmolStr| NumberHealth { stopped: stopped.clone(), ..known.number(shop.scope, number) };
            let rows = shop.numbers.iter().map(row);
            rows.map(|row| Arrived::Health(NumberHealth { at_ms: received_ms, ..row })).collect()
        }
        AccountEvent::Limit { limit, .. } => {
            let row = |number: &SmolStr| NumberHealth { tier: limit.clone(), ..known.number(shop.scope, number) };
            let rows = shop.numbers.iter().map(row);
            rows.map(|row| Arrived::Health(NumberHealth { at_ms: received_ms, ..row })).collect()
        }
        AccountEvent::Form { status, .. } => told(shop, "flows", &status, status != "PUBLISHED"),
        AccountEvent::Notice { field, event, alarming, .. } => told(shop, &field, &event, alarming),
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
