//! Which shops there are, and which have work due.

use smol_str::SmolStr;
use sqlx::Row;

use super::conversations::text;
use super::{Postgres, PostgresTx, scope};
use crate::id::ShopScope;
use crate::store::error::{Error, Result};
use crate::store::rows::{Due, Work};
use crate::store::signals::Added;

/// How often two processes may take the same number for two shops before one gives up.
const TRIES: usize = 20;

impl Postgres {
    pub async fn shop(&self, slug: &str) -> Result<ShopScope> {
        for _ in 0..TRIES {
            let mut tx = self.begin(&[ShopScope::NONE]).await?;
            if let Some(known) = tx.find_shop(slug).await? {
                return Ok(known);
            }
            let insert = sqlx::query(
                "INSERT INTO shops (number, slug) SELECT coalesce(max(number), 0) + 1, $1 FROM shops
                 ON CONFLICT DO NOTHING",
            );
            tx.run(insert.bind(slug)).await?;
            tx.commit(Added::default()).await?;
        }
        Err(Error::Busy("other processes take every number".into()))
    }

    pub async fn shops(&self) -> Result<Vec<(ShopScope, SmolStr)>> {
        let mut tx = self.read(&[ShopScope::NONE]).await?;
        let rows = tx.rows(sqlx::query("SELECT number, slug FROM shops ORDER BY number")).await?;
        rows.iter().map(|row| Ok((scope(row.try_get(0)?), text(row, 1)?))).collect()
    }

    pub async fn due(&self, work: Work, now_ms: i64) -> Result<Vec<Due>> {
        let mut tx = self.read(&[ShopScope::NONE]).await?;
        let select = match work {
            Work::Posts => sqlx::query("SELECT due_shop, due_number, since_ms FROM duka_due_posts($1)").bind(now_ms),
            Work::Wakes => sqlx::query("SELECT due_shop, due_number, since_ms FROM duka_due_wakes($1)").bind(now_ms),
            Work::Sends => sqlx::query("SELECT due_shop, due_number, since_ms FROM duka_due_sends($1)").bind(now_ms),
            Work::Payments => {
                sqlx::query("SELECT due_shop, due_number, since_ms FROM duka_due_payments($1)").bind(now_ms)
            }
            Work::Inbox | Work::Calls | Work::Holds => {
                let select = sqlx::query("SELECT due_shop, due_number, since_ms FROM duka_due($2, $1)");
                select.bind(now_ms).bind(work as i32)
            }
        };
        let rows = tx.rows(select).await?;
        let due =
            |row| Ok(Due { shop: scope(Row::try_get(row, 0)?), number: text(row, 1)?, since_ms: row.try_get(2)? });
        rows.iter().map(due).collect()
    }
}

impl PostgresTx {
    async fn find_shop(&mut self, slug: &str) -> Result<Option<ShopScope>> {
        let rows = self.rows(sqlx::query("SELECT number FROM shops WHERE slug = $1").bind(slug)).await?;
        rows.first().map(|row| Ok(scope(row.try_get(0)?))).transpose()
    }
}
