//! Which lane a message takes, and whether it may be sent a second time (reliability.md 4.3, 5).

use duka_dsl::ast::Category;
use duka_engine::outbound::{Message, Outbound};

use super::TurnLimits;
use crate::store::{Lane, Repeat};

/// The name in the consent ledger for all marketing of a shop.
pub const ALL_MARKETING: &str = "marketing";

pub fn of(outbound: &Outbound) -> (Lane, Repeat) {
    match outbound {
        Outbound::Message(message) => (Lane::Service, if has_link(message) { Repeat::Never } else { Repeat::Once }),
        Outbound::Template(template) => {
            let links = has_link(&template.session) || template.buttons.iter().any(|button| button.url.is_some());
            match template.category {
                Category::Marketing => (Lane::Marketing, Repeat::Never),
                Category::Utility | Category::Authentication if links => (Lane::Utility, Repeat::Never),
                Category::Utility | Category::Authentication => (Lane::Utility, Repeat::Once),
            }
        }
    }
}

pub fn life_ms(outbound: &Outbound, limits: &TurnLimits) -> i64 {
    match outbound {
        Outbound::Message(_) => limits.reply_life_ms,
        Outbound::Template(_) => limits.template_life_ms,
    }
}

/// A link may be one to pay by: a second one is worse than silence.
fn has_link(message: &Message) -> bool {
    message.choices.link().is_some() || message.text.contains("://")
}
