//! What stands in front of a new send: all that is open of its conversation, but for marketing that waits for better times,
//! which all but marketing goes past.

use std::collections::BTreeMap;

use sqlx::Row;

use super::conversations::{id, number};
use super::{PostgresTx, scope, shop_number};
use crate::id::{ConversationId, ShopScope};
use crate::store::error::Result;
use crate::store::facts::in_sql;
use crate::store::rows::{Lane, SendState};

#[derive(Default)]
pub(super) struct Queue {
    open: bool,
    /// The head is marketing that rests.
    rests: bool,
    /// Something is open that can not be passed.
    busy: bool,
}

impl Queue {
    /// Of a conversation with something open, whose last send is marketing that nothing of is in the air, or is not.
    pub fn ending_with_marketing(ends_so: bool) -> Queue {
        Queue { open: true, rests: false, busy: !ends_so }
    }

    /// Where the next send of that lane stands.
    pub fn take(&mut self, lane: Lane) -> SendState {
        let passes = lane < Lane::Marketing && self.rests && !self.busy;
        let state = if !self.open || passes { SendState::Ready } else { SendState::Waiting };
        self.open = true;
        self.busy |= lane < Lane::Marketing;
        state
    }
}

impl PostgresTx {
    /// Looks at the few conversations whose last send is marketing; keeps the last that can not be passed until the commit.
    pub(super) async fn look_past_marketing(
        &mut self,
        queues: &mut BTreeMap<(ShopScope, ConversationId), Queue>,
    ) -> Result<()> {
        let places: Vec<_> = queues.iter().filter(|(_, queue)| !queue.busy).map(|(place, _)| *place).collect();
        if places.is_empty() {
            return Ok(());
        }
        let select = sqlx::query(concat!(
            "SELECT t.shop, t.conversation, busy.seq IS NOT NULL, coalesce((
                     SELECT ",
            in_sql!(rests "h."),
            " FROM outbox h
                     WHERE h.shop = t.shop AND h.conversation BETWEEN t.conversation AND t.conversation AND h.state < 5
                     ORDER BY h.conversation, h.seq LIMIT 1), false)
             FROM unnest($1::integer[], $2::bigint[]) AS t (shop, conversation) LEFT JOIN LATERAL (
                 SELECT o.seq FROM outbox o
                 WHERE o.shop = t.shop AND o.conversation BETWEEN t.conversation AND t.conversation AND o.state < 5
                     AND NOT (",
            in_sql!(can_be_passed "o."),
            ")
                 ORDER BY o.conversation DESC, o.seq DESC LIMIT 1 FOR UPDATE) busy ON true",
        ));
        let select = select
            .bind(places.iter().map(|(shop, _)| shop_number(*shop)).collect::<Vec<_>>())
            .bind(places.iter().map(|(_, conversation)| number(*conversation)).collect::<Vec<_>>());
        for row in self.rows(select).await? {
            let place = (scope(row.try_get(0)?), id(row.try_get(1)?));
            queues.insert(place, Queue { open: true, busy: row.try_get(2)?, rests: row.try_get(3)? });
        }
        Ok(())
    }
}
