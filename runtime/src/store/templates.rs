//! Templates of a shop's account as they were heard of: what an event tells of one, and which of two tidings stands. Asks
//! nobody.

use smol_str::SmolStr;

use super::{Result, Tx};
use crate::id::ShopScope;

/// A template of the shop's account as last heard of, one language of it.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRow {
    pub shop: ShopScope,
    pub name: SmolStr,
    pub language: SmolStr,
    /// `APPROVED`, `PAUSED`, … as the vendor writes it.
    pub status: SmolStr,
    pub category: SmolStr,
    pub quality: SmolStr,
    /// The vendor's id of it; 0: not told.
    pub vendor_id: u64,
    /// Its components as the vendor gave them (JSON); empty: not told.
    pub components: String,
    pub at_ms: i64,
}

/// What was heard of a template at one time; `None` and empty: not told. Of each thing the newest that was told stands, in
/// whichever order it came.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateNews {
    pub shop: ShopScope,
    pub name: SmolStr,
    pub language: SmolStr,
    pub status: Option<SmolStr>,
    pub category: Option<SmolStr>,
    pub quality: Option<SmolStr>,
    pub vendor_id: u64,
    pub components: String,
    /// When it was so, by the vendor's clock where it says.
    pub at_ms: i64,
}

impl TemplateNews {
    /// Nothing yet, of that time.
    pub fn of(shop: ShopScope, name: SmolStr, language: SmolStr, at_ms: i64) -> TemplateNews {
        let (status, category, quality) = (None, None, None);
        TemplateNews { shop, name, language, status, category, quality, vendor_id: 0, components: String::new(), at_ms }
    }

    /// The times of status, category, quality and components; what is not told is older than everything.
    pub(super) fn times(&self) -> [i64; 4] {
        let told =
            [self.status.is_some(), self.category.is_some(), self.quality.is_some(), !self.components.is_empty()];
        told.map(|is_told| if is_told { self.at_ms.max(0) } else { NOT_TOLD })
    }
}

/// Before all times.
const NOT_TOLD: i64 = -1;

impl From<TemplateRow> for TemplateNews {
    fn from(row: TemplateRow) -> TemplateNews {
        let TemplateRow { shop, name, language, status, category, quality, vendor_id, components, at_ms } = row;
        let (status, category, quality) = (Some(status), Some(category), Some(quality));
        TemplateNews { shop, name, language, status, category, quality, vendor_id, components, at_ms }
    }
}

/// A template with the times of what is known of it, as in [`TemplateNews::times`].
#[derive(Clone, Debug)]
pub(super) struct HeardTemplate {
    pub row: TemplateRow,
    times: [i64; 4],
}

impl HeardTemplate {
    pub fn new(news: &TemplateNews) -> HeardTemplate {
        let none = SmolStr::default;
        let row = TemplateRow {
            shop: news.shop,
            name: news.name.clone(),
            language: news.language.clone(),
            status: none(),
            category: none(),
            quality: none(),
            vendor_id: 0,
            components: String::new(),
            at_ms: 0,
        };
        HeardTemplate { row, times: [NOT_TOLD; 4] }
    }

    pub fn hear(&mut self, news: &TemplateNews) {
        let HeardTemplate { row, times } = self;
        let told = [news.status.as_ref(), news.category.as_ref(), news.quality.as_ref()];
        let fields = [&mut row.status, &mut row.category, &mut row.quality];
        let [status_ms, category_ms, quality_ms, components_ms] = times;
        let known = [status_ms, category_ms, quality_ms];
        for (((field, known_ms), word), at_ms) in fields.into_iter().zip(known).zip(told).zip(news.times()) {
            if let Some(word) = word.filter(|_| *known_ms <= at_ms) {
                (*field, *known_ms) = (word.clone(), at_ms);
            }
        }
        if !news.components.is_empty() && *components_ms <= news.at_ms {
            (row.components, *components_ms) = (news.components.clone(), news.at_ms);
        }
        if news.vendor_id != 0 {
            row.vendor_id = news.vendor_id;
        }
        row.at_ms = row.at_ms.max(news.at_ms);
    }
}

impl Tx {
    /// Hears of everything in these rows.
    pub async fn put_templates(&mut self, rows: &[TemplateRow]) -> Result<()> {
        self.hear_templates(&rows.iter().cloned().map(TemplateNews::from).collect::<Vec<_>>()).await
    }
}
