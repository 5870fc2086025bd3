//! Consents, quarantine, templates, health of numbers, published programs, single values.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::postgres::PgRow;

use super::conversations::{id, number, text};
use super::{PostgresTx, clean, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::codes::{self, bytes16};
use crate::store::error::Result;
use crate::store::health::NumberHealth;
use crate::store::rows::{ConsentEntry, FlowRevision, QuarantineEntry, TemplateRow};

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

    pub async fn list_quarantine(
        &mut self,
        shop: ShopScope,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, QuarantineEntry)>> {
        let select = sqlx::query(
            "SELECT seq, at_ms, reason, detail, body FROM quarantine WHERE shop = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        );
        let rows = self.rows(select.bind(shop_number(shop)).bind(after).bind(i64::from(limit))).await?;
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

    pub async fn put_templates(&mut self, rows: &[TemplateRow]) -> Result<()> {
        for row in rows {
            let insert = sqlx::query(
                "INSERT INTO template AS t (shop, name, language, status, category, quality, vendor_id, components, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 ON CONFLICT (shop, name, language) DO UPDATE SET status = excluded.status,
                     category = excluded.category, quality = excluded.quality, vendor_id = excluded.vendor_id,
                     components = excluded.components, at_ms = excluded.at_ms
                 WHERE t.at_ms <= excluded.at_ms",
            );
            let insert = insert.bind(shop_number(row.shop)).bind(clean(&row.name)).bind(clean(&row.language));
            let insert = insert.bind(clean(&row.status)).bind(clean(&row.category)).bind(clean(&row.quality));
            let insert = insert.bind(row.vendor_id as i64).bind(clean(&row.components)).bind(row.at_ms);
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

    pub async fn put_health(&mut self, rows: &[NumberHealth]) -> Result<()> {
        for row in rows {
            let insert = sqlx::query(
                "INSERT INTO health AS h (shop, number, quality, tier, stopped, display, warnings, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (shop, number) DO UPDATE SET quality = excluded.quality, tier = excluded.tier,
                     stopped = excluded.stopped, display = excluded.display, warnings = excluded.warnings,
                     at_ms = excluded.at_ms
                 WHERE h.at_ms <= excluded.at_ms",
            );
            let insert = insert.bind(shop_number(row.shop)).bind(clean(&row.number)).bind(clean(&row.quality));
            let insert = insert.bind(clean(&row.tier)).bind(clean(&row.stopped)).bind(clean(&row.display));
            self.run(insert.bind(codes::written_warnings(&row.warnings)).bind(row.at_ms)).await?;
        }
        Ok(())
    }

    pub async fn health(&mut self, shop: ShopScope) -> Result<Vec<NumberHealth>> {
        let select = sqlx::query(
            "SELECT number, quality, tier, stopped, display, warnings, at_ms FROM health
             WHERE shop = $1 ORDER BY number",
        );
        let health = |row: &PgRow| {
            let (number, quality, tier, stopped) = (text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?);
            let (display, warnings) = (text(row, 4)?, codes::warnings(&text(row, 5)?));
            Ok(NumberHealth { shop, number, quality, tier, stopped, display, warnings, at_ms: row.try_get(6)? })
        };
        self.rows(select.bind(shop_number(shop))).await?.iter().map(health).collect()
    }

    pub async fn put_revisions(&mut self, rows: &[FlowRevision]) -> Result<()> {
        for FlowRevision { shop, revision, at_ms, source, standard } in rows {
            let insert = sqlx::query(
                "INSERT INTO revision (shop, revision, at_ms, standard, source) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT DO NOTHING",
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
        // Waits for another process that is setting it just now.
        let insert = sqlx::query("INSERT INTO meta (shop, key, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
        self.run(insert.bind(shop_number(shop)).bind(clean(key)).bind(value)).await?;
        Ok(self.meta_get(shop, key).await?.unwrap_or_default())
    }
}

fn consent(shop: ShopScope, row: &PgRow) -> Result<ConsentEntry> {
    let (conversation, name, proof) = (id(row.try_get(0)?), text(row, 1)?, text(row, 4)?);
    Ok(ConsentEntry { shop, conversation, name, given: row.try_get(2)?, at_ms: row.try_get(3)?, proof })
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
