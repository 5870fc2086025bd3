//! What can happen while a state waits, and the events a flow can name.
//!
//! The order in which reactions are tried is [`crate::step`]'s.

use duka_dsl::Span;
use smol_str::SmolStr;

use super::{Dest, Expr, FormId, Step, StepKind, Target, TextId, Time, WordsId};

#[derive(Clone, Debug)]
pub struct Reaction {
    pub trigger: Trigger,
    pub guard: Option<Expr>,
    /// Actions, then at most one unguarded jump as the last of them.
    pub actions: Vec<Step>,
    /// The `section:` above, for rows.
    pub section: Option<TextId>,
    /// Whether the arrow stood on the reaction's own line.
    pub inline_dest: bool,
    pub span: Span,
}

impl Reaction {
    /// Where the reaction leads when it always leads there: its last action, if that is an unguarded jump.
    pub fn dest(&self) -> Option<&Dest> {
        match self.actions.last().map(|step| &step.kind) {
            Some(StepKind::Jump { guard: None, dest }) => Some(dest),
            Some(_) | None => None,
        }
    }

    /// The id of a choice (button, row, pick).
    pub fn choice(&self) -> Option<&SmolStr> {
        self.offers().map(|(name, _)| name)
    }

    /// The words on a choice.
    pub fn title(&self) -> Option<TextId> {
        self.offers().map(|(_, title)| title)
    }

    fn offers(&self) -> Option<(&SmolStr, TextId)> {
        match &self.trigger {
            Trigger::Button { name, title } | Trigger::Row { name, title, .. } | Trigger::Pick { name, title, .. } => {
                Some((name, *title))
            }
            Trigger::Answer { .. }
            | Trigger::Fill { .. }
            | Trigger::Hears { .. }
            | Trigger::On { .. }
            | Trigger::After { .. }
            | Trigger::Quiet { .. }
            | Trigger::Else { .. }
            | Trigger::Failed
            | Trigger::Lost => None,
        }
    }
}

#[derive(Clone, Debug)]
pub enum Trigger {
    Button {
        name: SmolStr,
        title: TextId,
    },
    Row {
        name: SmolStr,
        title: TextId,
        note: Option<TextId>,
    },
    /// One row per item of `list`; the chosen item goes into `into`. In the texts the item is read from `into`'s slot.
    Pick {
        name: SmolStr,
        into: Target,
        list: Expr,
        title: TextId,
        note: Option<TextId>,
    },
    Answer {
        name: SmolStr,
        into: Target,
        range: Option<(Expr, Expr)>,
    },
    Fill {
        form: FormId,
        into: Option<Target>,
    },
    Hears {
        words: WordsId,
    },
    On {
        event: EventName,
    },
    After {
        time: Time,
    },
    Quiet {
        time: Time,
    },
    Else {
        times: Option<u32>,
        text: Option<TextId>,
    },
    Failed,
    Lost,
}

/// The events of language.md 2.3 that a flow can name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventName {
    CartSent,
    ProductAsked,
    /// paid, failed, expired, refunded
    Payment(SmolStr),
    /// A status of the `orders` contract.
    Order(SmolStr),
    WindowClosing,
    HandoffClosed,
    MessageFailed,
}
