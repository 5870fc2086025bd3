//! Mistakes that the store in memory can be told to make, so that a simulation can prove that it would notice them
//! (reliability.md, T3). A store without one makes none.

/// One mistake, as a change of the code might bring it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Copies count as first sightings.
    AdmitsCopies,
    /// A sighting stays when its transaction is undone.
    SightingsOutlive,
    /// A saved session stays when its transaction is undone.
    SessionsOutlive,
    /// A send stays when its transaction is undone.
    SendsOutlive,
    /// Of several new sends only the first is kept.
    FirstSendOnly,
    /// The newest event of a conversation is taken first.
    NewestFirst,
    /// Events that were taken stay in the inbox.
    NeverConsumed,
    /// A conversation does not know that events wait for it.
    PendingUnseen,
    /// No customer is ever known.
    FindsNobody,
    /// The customers of all shops are one shop's.
    ShopsMixed,
    /// Sends do not wait for those before them.
    AllReady,
    /// A send that is under way is claimed again.
    ClaimsTwice,
    /// Sends that wait are never made ready.
    NeverPromoted,
    /// The last send that waits is made ready, not the first.
    LastPromoted,
    /// A send of unknown fate is ready at once.
    UnknownIsReady,
    /// A send whose lease is over is ready at once.
    LeaseIsReady,
    /// A send whose lease is over has failed.
    LeaseIsFailed,
    /// Sends of unknown fate are never repeated.
    ParksAtOnce,
    /// Sends of unknown fate are repeated again and again.
    RepeatsForever,
    /// Holds are not extended by the time in which no status could arrive.
    HoldsNotExtended,
    /// A status finds its send only by the provider's id.
    DeafToOpaqueIds,
    /// The last status counts, not the furthest.
    RankFalls,
    /// A status settles nothing.
    StatusSettlesNothing,
    /// Statuses that came before their send was known are forgotten.
    OrphansForgotten,
    /// Consents are kept, their ends are not.
    WithdrawalsLost,
    /// What was known first of a template stays.
    TemplatesStay,
    /// Whom was written to first today is not known any more after a restart.
    RecipientsForgotten,
}

impl Flaw {
    /// Those that only show where consents, templates and limits matter.
    pub const OF_RULES: [Flaw; 3] = [Flaw::WithdrawalsLost, Flaw::TemplatesStay, Flaw::RecipientsForgotten];

    /// Those that show in any conversation.
    pub const ALL: [Flaw; 24] = [
        Flaw::AdmitsCopies,
        Flaw::SightingsOutlive,
        Flaw::SessionsOutlive,
        Flaw::SendsOutlive,
        Flaw::FirstSendOnly,
        Flaw::NewestFirst,
        Flaw::NeverConsumed,
        Flaw::PendingUnseen,
        Flaw::FindsNobody,
        Flaw::ShopsMixed,
        Flaw::AllReady,
        Flaw::ClaimsTwice,
        Flaw::NeverPromoted,
        Flaw::LastPromoted,
        Flaw::UnknownIsReady,
        Flaw::LeaseIsReady,
        Flaw::LeaseIsFailed,
        Flaw::ParksAtOnce,
        Flaw::RepeatsForever,
        Flaw::HoldsNotExtended,
        Flaw::DeafToOpaqueIds,
        Flaw::RankFalls,
        Flaw::StatusSettlesNothing,
        Flaw::OrphansForgotten,
    ];
}
