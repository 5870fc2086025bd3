//! Mistakes that can be planted (T3): each makes the server, its store or the way between them wrong in one place, as a
//! change of the code might. A simulation that finds none of them would prove nothing.

use duka_runtime::store::Flaw;

/// A mistake in how the parts are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// None.
    Sound,
    /// The webhook is answered before anything is committed.
    AcknowledgeFirst,
    /// A commit that failed is answered 200.
    AcknowledgeFailure,
    /// Elements have no key, so that copies act again.
    NoKeys,
    /// All elements of one webhook share one key.
    OneKeyForAll,
    /// The messages of a webhook are taken last first.
    LastFirst,
    /// Only the first message of a webhook is taken.
    FirstOnly,
    /// Statuses are thrown away.
    DeafToStatuses,
    /// The signature is not looked at.
    NoSignature,
    /// An answer that was not read counts as "not sent".
    UnknownIsNotSent,
    /// An answer that was not read counts as accepted.
    UnknownIsAccepted,
    /// An answer that was not read counts as refused for good.
    UnknownIsRefused,
    /// A limit of rate counts as refused for good.
    RateIsRefused,
    /// 5xx counts as accepted.
    ErrorIsAccepted,
    /// The opaque id is left out.
    NoOpaqueId,
    /// A new process gives the ids of the last one again.
    IdsAgain,
    /// A new process does not look at what the last one left.
    NoBeginning,
    /// A process that goes down slowly believes that it has heard every status until its last moment.
    EndHearsAll,
    /// Attempts that ended are not written down.
    NothingSettled,
    /// Unknown sends are never looked at again.
    NoHolds,
    /// Unknown sends are repeated at once.
    NoPatience,
    /// Wake-ups and queued events are never taken.
    NoWorker,
    /// Free words are sent after the window has closed.
    WindowIgnored,
    /// A send is attempted although its lease is over.
    LeaseIgnored,
    /// The token of another number is used.
    ForeignToken,
    /// Nobody hears that a customer wants no marketing any more.
    StopUnheard,
    /// Nobody hears that a template is paused.
    TemplatesUnheard,
    /// The number of new customers a day has no end.
    TierIgnored,
    /// In the store.
    Store(Flaw),
}

/// All that are planted, with what they are called in the report.
pub fn all() -> Vec<(String, Bug)> {
    let wiring = [
        Bug::AcknowledgeFirst,
        Bug::AcknowledgeFailure,
        Bug::NoKeys,
        Bug::OneKeyForAll,
        Bug::LastFirst,
        Bug::FirstOnly,
        Bug::DeafToStatuses,
        Bug::NoSignature,
        Bug::UnknownIsNotSent,
        Bug::UnknownIsAccepted,
        Bug::UnknownIsRefused,
        Bug::RateIsRefused,
        Bug::ErrorIsAccepted,
        Bug::NoOpaqueId,
        Bug::IdsAgain,
        Bug::NoBeginning,
        Bug::EndHearsAll,
        Bug::NothingSettled,
        Bug::NoHolds,
        Bug::NoPatience,
        Bug::NoWorker,
        Bug::WindowIgnored,
        Bug::LeaseIgnored,
        Bug::ForeignToken,
    ];
    let store = Flaw::ALL.into_iter().map(Bug::Store);
    wiring.into_iter().chain(store).map(|bug| (format!("{bug:?}"), bug)).collect()
}

/// Those that only show where consents, templates and limits matter.
pub fn of_rules() -> Vec<(String, Bug)> {
    let wiring = [Bug::WindowIgnored, Bug::StopUnheard, Bug::TemplatesUnheard, Bug::TierIgnored];
    let store = Flaw::OF_RULES.into_iter().map(Bug::Store);
    wiring.into_iter().chain(store).map(|bug| (format!("{bug:?}, in the world of rules"), bug)).collect()
}
