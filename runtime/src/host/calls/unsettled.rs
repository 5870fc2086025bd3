//! Commands whose fate nobody knows when their time is over (F26, F82): the flow goes on by its error branch, and the command waits
//! in quarantine until it is settled, by a look or by a person. Nothing is asked for again here.

use duka_engine::effect::CallRequest;
use duka_engine::step::order_number;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::{Adapter, Calls, CallsError, contract_of};
use crate::handoff;
use crate::host::incoming::{Arrival, Arrived};
use crate::host::notices::{self, Notice};
use crate::host::writer::{Job, Took};
use crate::id::{ConversationId, ElementKey};
use crate::store::{NewCall, QuarantineEntry, Tx};

/// Why it is in quarantine.
pub const UNKNOWN: &str = "unknown command";

/// What is kept of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unsettled {
    pub conversation: ConversationId,
    /// What the shop's system was given to know it by.
    pub key: SmolStr,
    pub request: CallRequest,
}

impl Unsettled {
    pub fn read(entry: &QuarantineEntry) -> Option<Unsettled> {
        super::read(&entry.body).filter(|_| entry.reason == UNKNOWN)
    }
}

impl<A: Adapter> Calls<A> {
    /// Keeps it, once, before its result is committed. What Duka keeps itself settles itself.
    pub(super) async fn keep(&self, call: &NewCall) -> Result<(), CallsError> {
        let request: Option<CallRequest> = super::read(&call.body);
        let (Some(shop), Some(request)) = (self.host.shops.shop(call.shop), request) else { return Ok(()) };
        let contract = contract_of(&request);
        if call.query || !shop.backends.iter().any(|backend| backend.contract == contract) {
            return Ok(());
        }
        let now_ms = self.host.clock.now_ms();
        let ask = self.asked(call, shop, request, now_ms);
        let order = ask.request.arguments.iter().find_map(|argument| order_number(&ask.shop.program, argument));
        let of_order = order.map(|order| format!(" of order {order}")).unwrap_or_default();
        let name = ask.request.name.clone();
        let detail = format!("{name}{of_order}, key {}", ask.key);
        // Before it is kept, and so told twice where the process ends in between, rather than never.
        if ask.shop.people {
            let text = format_smolstr!("Whether {name}{of_order} was done is not known: please look in your system.");
            let posts = &[handoff::alert(call.shop, call.conversation, (now_ms, call.index), text)];
            let told = |mut tx: Tx| async move {
                tx.add_posts(posts).await?;
                Ok((tx, ()))
            };
            self.host.store.transact(call.shop, told).await?;
        }
        let kept = Unsettled { conversation: call.conversation, key: ask.key.clone(), request: ask.request };
        let body = postcard::to_stdvec(&kept).unwrap_or_default();
        let reason = SmolStr::new_static(UNKNOWN);
        let what = Arrived::Quarantine(QuarantineEntry { shop: Some(call.shop), at_ms: now_ms, reason, detail, body });
        let key = Some(ElementKey::named(UNKNOWN, &ask.key));
        let arrival = Arrival { shop: call.shop, key, received_ms: now_ms, what };
        let took = self.desk.commit(Job::Arrivals(vec![arrival])).await?;
        if !took.contains(&Took::Quarantined) {
            return Ok(());
        }
        let notice = Notice::CommandUnknown { operation: name };
        self.host.notices.tell(notices::Told { shop: call.shop, conversation: Some(call.conversation), notice });
        Ok(())
    }
}
