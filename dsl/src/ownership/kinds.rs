//! What each line is for: the word it begins with, the role it plays, and the blocks it may stand in.

use crate::ast::{LineKind, MediaKind};

/// The part a line plays in its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Header,
    Opener,
    Item,
    /// Runs when a state is entered or a reaction is taken.
    Step,
    /// `section`: stands between rows.
    Section,
    /// `|` and `each`.
    More,
    Reaction,
    Broken,
}

pub(crate) fn role(kind: &LineKind) -> Role {
    use LineKind as K;
    match kind {
        K::Duka(_) | K::Flow(_) | K::Start(_) | K::Languages(_) | K::Currency(_) | K::Timezone(_) => Role::Header,
        K::Takes(..) | K::Gives(_) | K::Use(_) => Role::Header,
        K::Rules | K::Remember { .. } | K::Words | K::Consent { .. } | K::Experiment { .. } => Role::Opener,
        K::Phrase { .. } | K::Form(_) | K::Anywhere | K::Group(_) | K::Follow(_) => Role::Opener,
        K::State { .. } | K::Template { .. } => Role::Opener,
        K::Rule { .. } | K::Memory(_) | K::WordSet { .. } | K::PhraseForm { .. } | K::Field { .. } => Role::Item,
        K::Title(_) | K::Submit(_) | K::Body(_) | K::Sample { .. } => Role::Item,
        K::Say { .. } | K::Ask { .. } | K::Media { .. } | K::List(_) | K::Footer(_) | K::Alert(_) => Role::Step,
        K::Link { .. } | K::Call { .. } | K::Do { .. } | K::Set { .. } | K::Send { .. } => Role::Step,
        K::If { .. } | K::Jump(_) => Role::Step,
        K::Reply { .. } | K::Cards(_) | K::Show(_) | K::Emoji(_) => Role::Step,
        K::Section(_) => Role::Section,
        K::More(_) | K::Each { .. } => Role::More,
        K::Button { .. } | K::Row { .. } | K::Pick { .. } | K::Answer { .. } | K::Fill { .. } => Role::Reaction,
        K::Hears { .. } | K::On { .. } | K::After { .. } | K::Quiet { .. } | K::Else { .. } => Role::Reaction,
        K::Failed { .. } | K::Lost { .. } => Role::Reaction,
        K::Broken(_) => Role::Broken,
    }
}

/// Whether a line opens a block (or is a block of one line).
pub(crate) fn opens_block(kind: &LineKind) -> bool {
    role(kind) == Role::Opener
}

/// The word or sign that a line begins with.
pub(crate) fn word(kind: &LineKind) -> &str {
    use LineKind as K;
    match kind {
        K::Duka(_) => "duka",
        K::Flow(_) => "flow",
        K::Start(_) => "start",
        K::Languages(_) => "languages",
        K::Currency(_) => "currency",
        K::Timezone(_) => "timezone",
        K::Takes(..) => "takes",
        K::Gives(_) => "gives",
        K::Use(_) => "use",
        K::Rules => "rules",
        K::Remember { .. } => "remember",
        K::Words => "words",
        K::Consent { .. } => "consent",
        K::Experiment { .. } => "experiment",
        K::Phrase { .. } => "phrase",
        K::Form(_) => "form",
        K::Anywhere => "anywhere",
        K::Group(_) => "group",
        K::Follow(_) => "follow",
        K::State { .. } => "state",
        K::Template { .. } => "template",
        K::Rule { name, .. } | K::WordSet { name, .. } => name.as_str(),
        K::Memory(memory) => memory.name.as_str(),
        K::PhraseForm { plural, .. } => crate::print::plural(plural.value),
        K::Field { .. } => "field",
        K::Title(_) => "title",
        K::Submit(_) => "submit",
        K::Body(_) => "body",
        K::Sample { .. } => "sample",
        K::Say { .. } => "say",
        K::Reply { .. } => "reply",
        K::Ask { .. } => "ask",
        K::Media { kind, .. } => media(*kind),
        K::List(_) => "list",
        K::Cards(_) => "cards",
        K::Section(_) => "section",
        K::Footer(_) => "footer",
        K::Alert(_) => "alert",
        K::Show(_) => "show",
        K::Emoji(_) => "emoji",
        K::Link { .. } => "link",
        K::Call { .. } => "call",
        K::Do { .. } => "do",
        K::Set { .. } => "set",
        K::Send { .. } => "send",
        K::If { .. } => "if",
        K::Jump(dest) => match dest.kind {
            crate::ast::DestKind::Go(_) => "->",
            crate::ast::DestKind::Visit { .. } => "<->",
        },
        K::More(_) => "|",
        K::Each { .. } => "each",
        K::Button { .. } => "button",
        K::Row { .. } => "row",
        K::Pick { .. } => "pick",
        K::Answer { .. } => "answer",
        K::Fill { .. } => "fill",
        K::Hears { .. } => "hears",
        K::On { .. } => "on",
        K::After { .. } => "after",
        K::Quiet { .. } => "quiet",
        K::Else { .. } => "else",
        K::Failed { .. } => "failed",
        K::Lost { .. } => "lost",
        K::Broken(text) => crate::line::first_word(text),
    }
}

pub(crate) fn media(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
    }
}
