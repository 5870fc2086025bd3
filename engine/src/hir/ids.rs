//! The indices by which the parts of a program refer to each other.
//!
//! An index means nothing outside the vector it names.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u16);

        impl $name {
            pub fn index(self) -> usize {
                usize::from(self.0)
            }
        }
    };
}

id!(/// An index into [`Shop::flows`](super::Shop::flows).
    FlowId);
id!(/// An index into [`Flow::states`](super::Flow::states).
    StateId);
id!(/// An index into [`Flow::groups`](super::Flow::groups).
    GroupId);
id!(/// An index into [`Flow::slots`](super::Flow::slots).
    SlotId);
id!(/// An index into [`Flow::rules`](super::Flow::rules).
    RuleId);
id!(/// An index into [`Flow::words`](super::Flow::words).
    WordsId);
id!(/// An index into [`Flow::phrases`](super::Flow::phrases).
    PhraseId);
id!(/// An index into [`Flow::forms`](super::Flow::forms).
    FormId);
id!(/// An index into [`Flow::texts`](super::Flow::texts).
    TextId);
id!(/// An index into [`Flow::templates`](super::Flow::templates).
    TemplateId);
id!(/// An index into [`Flow::experiments`](super::Flow::experiments).
    ExperimentId);
id!(/// An index into [`Shop::operations`](super::Shop::operations).
    OperationId);
id!(/// An index into [`Shop::consents`](super::Shop::consents).
    ConsentId);
id!(/// An index into [`Shop::customer_slots`](super::Shop::customer_slots).
    CustomerSlotId);
id!(/// An index into [`Shop::languages`](super::Shop::languages); 0 is the language the flows are written in.
    LanguageId);
id!(/// An index into [`Shop::hooks`](super::Shop::hooks).
    HookId);
