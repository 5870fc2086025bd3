//! Consents, quarantine, templates, health of numbers, published programs, single values.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};
use smol_str::SmolStr;

use super::SqliteTx;
use super::conversations::{number, text};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes::{self, bytes16};
use crate::store::error::Result;
use crate::store::health::{HealthNews, HeardHealth, NumberHealth};
use crate::store::rows::{ConsentEntry, FlowRevision, QuarantineEntry, Quarantined};
use crate::store::templates::{TemplateNews, TemplateRow};

impl SqliteTx {
    pub fn add_consents(&mut self, entries: &[ConsentEntry]) -> Result<()> {
        let mut insert =
            self.sql("INSERT INTO consent (shop, conversation, name, given, at_ms, proof) VALUES (?, ?, ?, ?, ?, ?)")?;
        for ConsentEntry { shop, conversation, name, given, at_ms, proof } in entries {
            insert.execute((shop.number(), number(*conversation), name.as_str(), given, at_ms, proof.as_str()))?;
        }
        Ok(())
    }

    pub fn consents_of(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<ConsentEntry>> {
        let mut select =
            self.sql("SELECT name, given, at_ms, proof FROM consent WHERE shop = ? AND conversation = ? ORDER BY seq")?;
        let entry = |row: &Row<'_>| {
            let (name, proof) = (text(row, 0)?, text(row, 3)?);
            Ok(ConsentEntry { shop, conversation, name, given: row.get(1)?, at_ms: row.get(2)?, proof })
        };
        let rows = select.query_map((shop.number(), number(conversation)), entry)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn standing_consents(
        &mut self,
        shop: ShopScope,
        conversations: &[ConversationId],
    ) -> Result<Vec<ConsentEntry>> {
        let mut standing = BTreeMap::<(ConversationId, SmolStr), ConsentEntry>::new();
        for conversation in conversations {
            for entry in self.consents_of(shop, *conversation)? {
                let key = (entry.conversation, entry.name.clone());
                if standing.get(&key).is_none_or(|known| known.at_ms <= entry.at_ms) {
                    standing.insert(key, entry);
                }
            }
        }
        Ok(standing.into_values().collect())
    }

    pub fn add_quarantine(&mut self, entries: &[QuarantineEntry]) -> Result<()> {
        let mut insert =
            self.sql("INSERT INTO quarantine (shop, at_ms, reason, detail, body) VALUES (?, ?, ?, ?, ?)")?;
        for QuarantineEntry { shop, at_ms, reason, detail, body } in entries {
            let shop = shop.unwrap_or(ShopScope::NONE);
            insert.execute((shop.number(), at_ms, reason.as_str(), detail, body))?;
        }
        Ok(())
    }

    pub fn list_quarantine(&mut self, shop: ShopScope, after: i64, limit: u32) -> Result<Quarantined> {
        let mut select = self.sql(
            "SELECT seq, at_ms, reason, detail, body FROM quarantine WHERE shop = ? AND seq > ? ORDER BY seq LIMIT ?",
        )?;
        let rows = select.query_map((shop.number(), after, limit), |row| quarantined(shop, row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn quarantined_since(
        &mut self,
        shop: ShopScope,
        reason: &str,
        since_ms: i64,
        limit: u32,
    ) -> Result<Quarantined> {
        let mut select = self.sql(
            "SELECT seq, at_ms, reason, detail, body FROM quarantine INDEXED BY quarantine_age
             WHERE shop = ? AND at_ms >= ? AND reason = ? ORDER BY at_ms DESC, seq DESC LIMIT ?",
        )?;
        let rows = select.query_map((shop.number(), since_ms, reason, limit), |row| quarantined(shop, row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn take_quarantine(&mut self, shop: ShopScope, seqs: &[i64]) -> Result<Vec<QuarantineEntry>> {
        let mut delete =
            self.sql("DELETE FROM quarantine WHERE shop = ? AND seq = ? RETURNING seq, at_ms, reason, detail, body")?;
        let mut taken = Vec::new();
        for seq in seqs {
            let mut rows = delete.query((shop.number(), seq))?;
            while let Some(row) = rows.next()? {
                taken.push(quarantined(shop, row)?.1);
            }
        }
        Ok(taken)
    }

    pub fn hear_templates(&mut self, news: &[TemplateNews]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO template AS t (shop, name, language, status, category, quality, vendor_id, components, at_ms,
                 status_ms, category_ms, quality_ms, components_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET
                 status = iif(excluded.status_ms >= t.status_ms, excluded.status, t.status),
                 category = iif(excluded.category_ms >= t.category_ms, excluded.category, t.category),
                 quality = iif(excluded.quality_ms >= t.quality_ms, excluded.quality, t.quality),
                 vendor_id = iif(excluded.vendor_id <> 0, excluded.vendor_id, t.vendor_id),
                 components = iif(excluded.components_ms >= t.components_ms, excluded.components, t.components),
                 at_ms = max(t.at_ms, excluded.at_ms),
                 status_ms = max(t.status_ms, excluded.status_ms),
                 category_ms = max(t.category_ms, excluded.category_ms),
                 quality_ms = max(t.quality_ms, excluded.quality_ms),
                 components_ms = max(t.components_ms, excluded.components_ms)",
        )?;
        for news in news {
            let TemplateNews { shop, name, language, vendor_id, components, at_ms, .. } = news;
            let [status_ms, category_ms, quality_ms, components_ms] = news.times();
            insert.execute(params![
                shop.number(),
                name.as_str(),
                language.as_str(),
                news.status.as_deref().unwrap_or_default(),
                news.category.as_deref().unwrap_or_default(),
                news.quality.as_deref().unwrap_or_default(),
                *vendor_id as i64,
                components,
                at_ms,
                status_ms,
                category_ms,
                quality_ms,
                components_ms,
            ])?;
        }
        Ok(())
    }

    pub fn templates(&mut self, shop: ShopScope) -> Result<Vec<TemplateRow>> {
        let mut select = self.sql(
            "SELECT name, language, status, category, quality, vendor_id, components, at_ms FROM template
             WHERE shop = ? ORDER BY name, language",
        )?;
        let template = |row: &Row<'_>| {
            Ok(TemplateRow {
                shop,
                name: text(row, 0)?,
                language: text(row, 1)?,
                status: text(row, 2)?,
                category: text(row, 3)?,
                quality: text(row, 4)?,
                vendor_id: row.get::<_, i64>(5)? as u64,
                components: row.get(6)?,
                at_ms: row.get(7)?,
            })
        };
        Ok(select.query_map([shop.number()], template)?.collect::<rusqlite::Result<_>>()?)
    }

    pub fn hear_health(&mut self, news: &[HealthNews]) -> Result<()> {
        let mut select = self.sql(
            "SELECT number, quality, tier, stopped, display, warnings, at_ms, quality_ms, tier_ms, stopped_ms, throughput,
                 throughput_ms
             FROM health WHERE shop = ? AND number = ?",
        )?;
        let mut insert = self.sql(
            "INSERT OR REPLACE INTO health (shop, number, quality, tier, stopped, display, warnings, at_ms, quality_ms,
                 tier_ms, stopped_ms, throughput, throughput_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for news in news {
            let known = select.query_row((news.shop.number(), news.number.as_str()), |row| heard(news.shop, row));
            let mut heard = known.optional()?.unwrap_or_else(|| HeardHealth::new(news.shop, news.number.clone()));
            heard.hear(news);
            let HeardHealth { row, quality_ms, tier_ms, throughput_ms, stopped_ms } = &heard;
            insert.execute(params![
                row.shop.number(),
                row.number.as_str(),
                row.quality.as_str(),
                row.tier.as_str(),
                row.stopped.as_str(),
                row.display.as_str(),
                codes::written_warnings(&row.warnings),
                row.at_ms,
                quality_ms,
                tier_ms,
                stopped_ms,
                row.throughput.as_str(),
                throughput_ms,
            ])?;
        }
        Ok(())
    }

    pub fn health(&mut self, shop: ShopScope) -> Result<Vec<NumberHealth>> {
        let mut select = self.sql(
            "SELECT number, quality, tier, stopped, display, warnings, at_ms, quality_ms, tier_ms, stopped_ms, throughput,
                 throughput_ms
             FROM health WHERE shop = ? ORDER BY number",
        )?;
        let rows = select.query_map([shop.number()], |row| Ok(heard(shop, row)?.row))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub fn put_revisions(&mut self, rows: &[FlowRevision]) -> Result<()> {
        let mut insert = self.sql(
            "INSERT INTO revision (shop, revision, at_ms, standard, source) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (shop, revision) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)",
        )?;
        for FlowRevision { shop, revision, at_ms, source, standard } in rows {
            insert.execute((shop.number(), &revision[..], at_ms, &standard[..], source))?;
        }
        Ok(())
    }

    pub fn revision(&mut self, shop: ShopScope, revision: [u8; 16]) -> Result<Option<FlowRevision>> {
        let mut select =
            self.sql("SELECT revision, at_ms, standard, source FROM revision WHERE shop = ? AND revision = ?")?;
        let mut rows = select.query((shop.number(), &revision[..]))?;
        rows.next()?.map(|row| published(shop, row)).transpose()
    }

    pub fn revisions(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<FlowRevision>> {
        let mut select = self.sql(
            "SELECT revision, at_ms, standard, source FROM revision WHERE shop = ? ORDER BY at_ms DESC, revision LIMIT ?",
        )?;
        let mut rows = select.query((shop.number(), limit))?;
        let mut revisions = Vec::new();
        while let Some(row) = rows.next()? {
            revisions.push(published(shop, row)?);
        }
        Ok(revisions)
    }

    pub fn meta_get(&mut self, shop: ShopScope, key: &str) -> Result<Option<Vec<u8>>> {
        let mut select = self.sql("SELECT value FROM meta WHERE shop = ? AND key = ?")?;
        Ok(select.query_row((shop.number(), key), |row| row.get(0)).optional()?)
    }

    pub fn meta_set(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<()> {
        let mut insert = self.sql("INSERT OR REPLACE INTO meta (shop, key, value) VALUES (?, ?, ?)")?;
        insert.execute((shop.number(), key, value))?;
        Ok(())
    }

    pub fn meta_remove(&mut self, shop: ShopScope, key: &str) -> Result<()> {
        self.sql("DELETE FROM meta WHERE shop = ? AND key = ?")?.execute((shop.number(), key))?;
        Ok(())
    }

    pub fn meta_keep(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<Vec<u8>> {
        self.sql("INSERT OR IGNORE INTO meta (shop, key, value) VALUES (?, ?, ?)")?.execute((
            shop.number(),
            key,
            value,
        ))?;
        Ok(self.meta_get(shop, key)?.unwrap_or_default())
    }
}

fn heard(shop: ShopScope, row: &Row<'_>) -> rusqlite::Result<HeardHealth> {
    let (number, quality, tier, stopped) = (text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?);
    let (display, warnings, throughput) = (text(row, 4)?, codes::warnings(&text(row, 5)?), text(row, 10)?);
    let (at_ms, quality_ms, tier_ms) = (row.get(6)?, row.get(7)?, row.get(8)?);
    let (stopped_ms, throughput_ms) = (row.get(9)?, row.get(11)?);
    let row = NumberHealth { shop, number, quality, tier, throughput, stopped, display, warnings, at_ms };
    Ok(HeardHealth { row, quality_ms, tier_ms, throughput_ms, stopped_ms })
}

fn quarantined(shop: ShopScope, row: &Row<'_>) -> rusqlite::Result<(i64, QuarantineEntry)> {
    let (at_ms, reason, detail, body) = (row.get(1)?, text(row, 2)?, row.get(3)?, row.get(4)?);
    let shop = (shop != ShopScope::NONE).then_some(shop);
    Ok((row.get(0)?, QuarantineEntry { shop, at_ms, reason, detail, body }))
}

fn published(shop: ShopScope, row: &Row<'_>) -> Result<FlowRevision> {
    let bytes = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_blob()?);
    let (revision, standard) = (bytes16(bytes(0)?)?, bytes16(bytes(2)?)?);
    Ok(FlowRevision { shop, revision, at_ms: row.get(1)?, standard, source: row.get(3)? })
}
