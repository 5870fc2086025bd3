//! Consents, quarantine, templates, health of numbers, published programs, single values.

use std::collections::BTreeMap;

use smol_str::SmolStr;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::conversations::{id, number, text};
use super::{PostgresTx, clean, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes::{self, bytes16};
use crate::store::error::Result;
use crate::store::health::{HealthNews, HeardHealth, NumberHealth};
use crate::store::rows::{ConsentEntry, FlowRevision, QuarantineEntry, Quarantined};
use crate::store::templates::{TemplateNews, TemplateRow};

impl PostgresTx {
    pub async fn add_consents(&mut self, entries: &[ConsentEntry]) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO consent (shop, conversation, name, given, at_ms, proof)
             SELECT shop, conversation, name, given, at_ms, proof
             FROM unnest($1::integer[], $2::bigint[], $3::text[], $4::boolean[], $5::bigint[], $6::text[])
                 WITH ORDINALITY AS t (shop, conversation, name, given, at_ms, proof, n)
             ORDER BY n",
        );
        let insert = insert
            .bind(entries.iter().map(|entry| shop_number(entry.shop)).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| number(entry.conversation)).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| clean(&entry.name)).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| entry.given).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| entry.at_ms).collect::<Vec<_>>())
            .bind(entries.iter().map(|entry| clean(&entry.proof)).collect::<Vec<_>>());
        self.run(insert).await?;
        Ok(())
    }

    pub async fn consents_of(&mut self, shop: ShopScope, conversation: ConversationId) -> Result<Vec<ConsentEntry>> {
        let select = sqlx::query(
            "SELECT conversation, name, given, at_ms, proof FROM consent WHERE shop = $1 AND conversation = $2
             ORDER BY seq",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(number(conversation))).await?;
        rows.iter().map(|row| consent(shop, row)).collect()
    }

    pub async fn standing_consents(
        &mut self,
        shop: ShopScope,
        conversations: &[ConversationId],
    ) -> Result<Vec<ConsentEntry>> {
        let select = sqlx::query(
            "SELECT DISTINCT ON (conversation, name) conversation, name, given, at_ms, proof FROM consent
             WHERE shop = $1 AND conversation = ANY ($2) ORDER BY conversation, name, at_ms DESC, seq DESC",
        );
        let ids: Vec<i64> = conversations.iter().map(|id| number(*id)).collect();
        let rows = self.rows(select.bind(shop_number(shop)).bind(ids)).await?;
        rows.iter().map(|row| consent(shop, row)).collect()
    }

    pub async fn add_quarantine(&mut self, entries: &[QuarantineEntry]) -> Result<()> {
        for QuarantineEntry { shop, at_ms, reason, detail, body } in entries {
            let insert =
                sqlx::query("INSERT INTO quarantine (shop, at_ms, reason, detail, body) VALUES ($1, $2, $3, $4, $5)");
            let shop = shop.unwrap_or(ShopScope::NONE);
            let insert = insert.bind(shop_number(shop)).bind(at_ms).bind(clean(reason)).bind(clean(detail)).bind(body);
            self.run(insert).await?;
        }
        Ok(())
    }

    pub async fn list_quarantine(&mut self, shop: ShopScope, after: i64, limit: u32) -> Result<Quarantined> {
        let select = sqlx::query(
            "SELECT seq, at_ms, reason, detail, body FROM quarantine WHERE shop = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(after).bind(i64::from(limit))).await?;
        rows.iter().map(|row| quarantined(shop, row)).collect()
    }

    pub async fn quarantined_since(
        &mut self,
        shop: ShopScope,
        reason: &str,
        since_ms: i64,
        limit: u32,
    ) -> Result<Quarantined> {
        let select = sqlx::query(
            "SELECT seq, at_ms, reason, detail, body FROM quarantine
             WHERE shop = $1 AND at_ms >= $2 AND reason = $3 ORDER BY at_ms DESC, seq DESC LIMIT $4",
        );
        let select = select.bind(shop_number(shop)).bind(since_ms).bind(reason.to_string()).bind(i64::from(limit));
        let rows = self.rows(select).await?;
        rows.iter().map(|row| quarantined(shop, row)).collect()
    }

    pub async fn take_quarantine(&mut self, shop: ShopScope, seqs: &[i64]) -> Result<Vec<QuarantineEntry>> {
        let delete = sqlx::query(
            "DELETE FROM quarantine WHERE shop = $1 AND seq = ANY ($2) RETURNING seq, at_ms, reason, detail, body",
        );
        let mut taken = BTreeMap::new();
        for row in self.rows(delete.bind(shop_number(shop)).bind(seqs)).await? {
            let (seq, entry) = quarantined(shop, &row)?;
            taken.insert(seq, entry);
        }
        Ok(seqs.iter().filter_map(|seq| taken.remove(seq)).collect())
    }

    pub async fn hear_templates(&mut self, news: &[TemplateNews]) -> Result<()> {
        for news in news {
            let insert = sqlx::query(
                "INSERT INTO template AS t (shop, name, language, status, category, quality, vendor_id, components, at_ms,
                     status_ms, category_ms, quality_ms, components_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                 ON CONFLICT (shop, name, language) DO UPDATE SET
                     status = CASE WHEN excluded.status_ms >= t.status_ms THEN excluded.status ELSE t.status END,
                     category = CASE WHEN excluded.category_ms >= t.category_ms THEN excluded.category ELSE t.category END,
                     quality = CASE WHEN excluded.quality_ms >= t.quality_ms THEN excluded.quality ELSE t.quality END,
                     vendor_id = CASE WHEN excluded.vendor_id <> 0 THEN excluded.vendor_id ELSE t.vendor_id END,
                     components = CASE WHEN excluded.components_ms >= t.components_ms THEN excluded.components
                         ELSE t.components END,
                     at_ms = greatest(t.at_ms, excluded.at_ms),
                     status_ms = greatest(t.status_ms, excluded.status_ms),
                     category_ms = greatest(t.category_ms, excluded.category_ms),
                     quality_ms = greatest(t.quality_ms, excluded.quality_ms),
                     components_ms = greatest(t.components_ms, excluded.components_ms)",
            );
            let word = |word: &Option<SmolStr>| clean(word.as_deref().unwrap_or_default());
            let [status_ms, category_ms, quality_ms, components_ms] = news.times();
            let insert = insert.bind(shop_number(news.shop)).bind(clean(&news.name)).bind(clean(&news.language));
            let insert = insert.bind(word(&news.status)).bind(word(&news.category)).bind(word(&news.quality));
            let insert = insert.bind(news.vendor_id as i64).bind(clean(&news.components)).bind(news.at_ms);
            let insert = insert.bind(status_ms).bind(category_ms).bind(quality_ms).bind(components_ms);
            self.run(insert).await?;
        }
        Ok(())
    }

    pub async fn templates(&mut self, shop: ShopScope) -> Result<Vec<TemplateRow>> {
        let select = sqlx::query(
            "SELECT name, language, status, category, quality, vendor_id, components, at_ms FROM template
             WHERE shop = $1 ORDER BY name, language",
        );
        let template = |row: &PgRow| {
            Ok(TemplateRow {
                shop,
                name: text(row, 0)?,
                language: text(row, 1)?,
                status: text(row, 2)?,
                category: text(row, 3)?,
                quality: text(row, 4)?,
                vendor_id: row.try_get::<i64, _>(5)? as u64,
                components: row.try_get(6)?,
                at_ms: row.try_get(7)?,
            })
        };
        self.rows(select.bind(shop_number(shop))).await?.iter().map(template).collect()
    }

    /// Each row is kept from the moment it is read, so that of two processes the second hears on top of the first.
    pub async fn hear_health(&mut self, news: &[HealthNews]) -> Result<()> {
        for news in news {
            let begin = sqlx::query(
                "INSERT INTO health (shop, number, quality, tier, stopped, at_ms) VALUES ($1, $2, '', '', '', 0)
                 ON CONFLICT DO NOTHING",
            );
            self.run(begin.bind(shop_number(news.shop)).bind(clean(&news.number))).await?;
            let select = sqlx::query(
                "SELECT number, quality, tier, stopped, display, warnings, at_ms, quality_ms, tier_ms, stopped_ms, throughput,
                     throughput_ms
                 FROM health WHERE shop = $1 AND number = $2 FOR UPDATE",
            );
            let known = self.rows(select.bind(shop_number(news.shop)).bind(clean(&news.number))).await?;
            let Some(known) = known.first() else { continue };
            let mut heard = heard(news.shop, known)?;
            heard.hear(news);
            let HeardHealth { row, quality_ms, tier_ms, throughput_ms, stopped_ms } = heard;
            let update = sqlx::query(
                "UPDATE health SET quality = $3, tier = $4, stopped = $5, display = $6, warnings = $7, at_ms = $8,
                     quality_ms = $9, tier_ms = $10, stopped_ms = $11, throughput = $12, throughput_ms = $13
                 WHERE shop = $1 AND number = $2",
            );
            let update = update.bind(shop_number(row.shop)).bind(clean(&row.number)).bind(clean(&row.quality));
            let update = update.bind(clean(&row.tier)).bind(clean(&row.stopped)).bind(clean(&row.display));
            let update = update.bind(codes::written_warnings(&row.warnings)).bind(row.at_ms);
            let update = update.bind(quality_ms).bind(tier_ms).bind(stopped_ms);
            self.run(update.bind(clean(&row.throughput)).bind(throughput_ms)).await?;
        }
        Ok(())
    }

    pub async fn health(&mut self, shop: ShopScope) -> Result<Vec<NumberHealth>> {
        let select = sqlx::query(
            "SELECT number, quality, tier, stopped, display, warnings, at_ms, quality_ms, tier_ms, stopped_ms, throughput,
                 throughput_ms
             FROM health WHERE shop = $1 ORDER BY number",
        );
        let rows = self.rows(select.bind(shop_number(shop))).await?;
        rows.iter().map(|row| Ok(heard(shop, row)?.row)).collect()
    }

    pub async fn put_revisions(&mut self, rows: &[FlowRevision]) -> Result<()> {
        for FlowRevision { shop, revision, at_ms, source, standard } in rows {
            let insert = sqlx::query(
                "INSERT INTO revision (shop, revision, at_ms, standard, source) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (shop, revision) DO UPDATE SET at_ms = greatest(revision.at_ms, excluded.at_ms)",
            );
            let insert = insert.bind(shop_number(*shop)).bind(&revision[..]).bind(at_ms).bind(&standard[..]);
            self.run(insert.bind(source)).await?;
        }
        Ok(())
    }

    pub async fn revision(&mut self, shop: ShopScope, revision: [u8; 16]) -> Result<Option<FlowRevision>> {
        let select =
            sqlx::query("SELECT revision, at_ms, standard, source FROM revision WHERE shop = $1 AND revision = $2");
        let rows = self.rows(select.bind(shop_number(shop)).bind(&revision[..])).await?;
        rows.first().map(|row| published(shop, row)).transpose()
    }

    pub async fn revisions(&mut self, shop: ShopScope, limit: u32) -> Result<Vec<FlowRevision>> {
        let select = sqlx::query(
            "SELECT revision, at_ms, standard, source FROM revision WHERE shop = $1
             ORDER BY at_ms DESC, revision LIMIT $2",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(i64::from(limit))).await?;
        rows.iter().map(|row| published(shop, row)).collect()
    }

    pub async fn meta_get(&mut self, shop: ShopScope, key: &str) -> Result<Option<Vec<u8>>> {
        let select = sqlx::query("SELECT value FROM meta WHERE shop = $1 AND key = $2");
        let rows = self.rows(select.bind(shop_number(shop)).bind(clean(key))).await?;
        rows.first().map(|row| Ok(row.try_get(0)?)).transpose()
    }

    pub async fn meta_set(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<()> {
        let insert = sqlx::query(
            "INSERT INTO meta (shop, key, value) VALUES ($1, $2, $3)
             ON CONFLICT (shop, key) DO UPDATE SET value = excluded.value",
        );
        self.run(insert.bind(shop_number(shop)).bind(clean(key)).bind(value)).await?;
        Ok(())
    }

    pub async fn meta_remove(&mut self, shop: ShopScope, key: &str) -> Result<()> {
        let delete = sqlx::query("DELETE FROM meta WHERE shop = $1 AND key = $2");
        self.run(delete.bind(shop_number(shop)).bind(clean(key))).await?;
        Ok(())
    }

    pub async fn meta_keep(&mut self, shop: ShopScope, key: &str, value: &[u8]) -> Result<Vec<u8>> {
        // Waits for another process that has it just now. An update of nothing: `DO NOTHING` would lock nothing.
        let insert = sqlx::query(
            "INSERT INTO meta (shop, key, value) VALUES ($1, $2, $3)
             ON CONFLICT (shop, key) DO UPDATE SET value = meta.value RETURNING value",
        );
        let rows = self.rows(insert.bind(shop_number(shop)).bind(clean(key)).bind(value)).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    }
}

fn consent(shop: ShopScope, row: &PgRow) -> Result<ConsentEntry> {
    let (conversation, name, proof) = (id(row.try_get(0)?), text(row, 1)?, text(row, 4)?);
    Ok(ConsentEntry { shop, conversation, name, given: row.try_get(2)?, at_ms: row.try_get(3)?, proof })
}

fn heard(shop: ShopScope, row: &PgRow) -> Result<HeardHealth> {
    let (number, quality, tier, stopped) = (text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?);
    let (display, warnings, throughput) = (text(row, 4)?, codes::warnings(&text(row, 5)?), text(row, 10)?);
    let (at_ms, quality_ms, tier_ms) = (row.try_get(6)?, row.try_get(7)?, row.try_get(8)?);
    let (stopped_ms, throughput_ms) = (row.try_get(9)?, row.try_get(11)?);
    let row = NumberHealth { shop, number, quality, tier, throughput, stopped, display, warnings, at_ms };
    Ok(HeardHealth { row, quality_ms, tier_ms, throughput_ms, stopped_ms })
}

fn quarantined(shop: ShopScope, row: &PgRow) -> Result<(i64, QuarantineEntry)> {
    let (at_ms, reason, detail, body) = (row.try_get(1)?, text(row, 2)?, row.try_get(3)?, row.try_get(4)?);
    let shop = (shop != ShopScope::NONE).then_some(shop);
    Ok((row.try_get(0)?, QuarantineEntry { shop, at_ms, reason, detail, body }))
}

fn published(shop: ShopScope, row: &PgRow) -> Result<FlowRevision> {
    let (revision, standard) = (bytes16(row.try_get(0)?)?, bytes16(row.try_get(2)?)?);
    Ok(FlowRevision { shop, revision, at_ms: row.try_get(1)?, standard, source: row.try_get(3)? })
}
