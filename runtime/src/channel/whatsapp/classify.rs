//! What follows from an answer: the vendor's error codes as data, and the rules for answers without one. Decides nothing
//! for a queue: it says what is known of a message, and the host acts.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>, checked on 2026-08-01.

use smol_str::SmolStr;

pub use crate::host::transport::Whom;

/// How an attempt to send ended, as the network and the vendor told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accepted(Accepted),
    Refused(Refused),
    /// Certainly not sent: no connection.
    NotSent {
        why: &'static str,
    },
    /// Bytes may have left, and what came back tells nothing.
    Unknown {
        why: &'static str,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The vendor's id of the message; empty for a read mark, which has none.
    pub id: SmolStr,
    /// `accepted`, `held_for_quality_assessment`, `paused`; empty: not told.
    pub status: SmolStr,
    /// The number and the user id that the vendor knows the receiver by, as far as told.
    pub wa_id: SmolStr,
    pub user_id: SmolStr,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    pub http: u16,
    /// The vendor's code.
    pub code: i32,
    pub detail: String,
    /// What the vendor's support asks for.
    pub trace: SmolStr,
    /// `Retry-After`
    pub retry_after_ms: Option<i64>,
}

/// What is to be done with the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The same again after a growing pause, at most so many times in all.
    Again {
        most: u32,
    },
    /// The same again, when whom it concerns may send again.
    Wait {
        whom: Whom,
        ms: i64,
    },
    /// Another template, or the template that stands behind a message; else it has failed.
    FallBack,
    Fail,
    /// Nothing more is sent for whom it concerns until a person has looked; the message stays.
    Stop {
        whom: Whom,
    },
}

/// What else is known from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    Nothing,
    /// The service window is closed, whatever our clock says.
    WindowClosed,
    /// The customer wants no marketing: consent ends.
    OptedOut,
    /// This customer has had enough marketing from everybody: none for a day.
    MarketingCapped,
    /// Marketing of this number is held back by the vendor.
    MarketingStopped,
    /// Not on WhatsApp, or cannot be reached.
    Unreachable,
    /// The template's status, in the vendor's word.
    Template(&'static str),
    /// The Flow of a form cannot be sent: forms are to be asked field by field.
    FormBlocked,
    /// The customer may be somebody else now.
    IdentityChanged,
    /// The shop may not write to the customer's country.
    CountryClosed,
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub first: i32,
    pub last: i32,
    pub then: Then,
    pub learned: Learned,
    /// For people: what it means, and with `alert`, that they should be told.
    pub meaning: &'static str,
    pub alert: bool,
}

impl Rule {
    /// Whether the code is in the table.
    pub fn is_known(&self) -> bool {
        self.first != NOT_KNOWN.first
    }
}

const MINUTE: i64 = 60_000;
/// Before the one more try of what was refused with a code that is not in the table.
pub const NOT_KNOWN_MS: i64 = 10_000;

const fn rule(first: i32, last: i32, then: Then, learned: Learned, alert: bool, meaning: &'static str) -> Rule {
    Rule { first, last, then, learned, meaning, alert }
}

const fn wait(code: i32, whom: Whom, ms: i64, alert: bool, meaning: &'static str) -> Rule {
    rule(code, code, Then::Wait { whom, ms }, Learned::Nothing, alert, meaning)
}

const fn again(code: i32, most: u32, meaning: &'static str) -> Rule {
    rule(code, code, Then::Again { most }, Learned::Nothing, false, meaning)
}

const fn fail(code: i32, meaning: &'static str) -> Rule {
    rule(code, code, Then::Fail, Learned::Nothing, false, meaning)
}

/// Our own mistake, or the shop's: people should know.
const fn fix(code: i32, meaning: &'static str) -> Rule {
    rule(code, code, Then::Fail, Learned::Nothing, true, meaning)
}

const fn fails(code: i32, learned: Learned, meaning: &'static str) -> Rule {
    rule(code, code, Then::Fail, learned, false, meaning)
}

const fn stop(code: i32, whom: Whom, meaning: &'static str) -> Rule {
    rule(code, code, Then::Stop { whom }, Learned::Nothing, true, meaning)
}

const fn template(code: i32, status: &'static str, meaning: &'static str) -> Rule {
    rule(code, code, Then::FallBack, Learned::Template(status), true, meaning)
}

/// Attempts where the vendor's trouble may pass; the message's own expiry ends them too.
const MANY: u32 = 20;
const FEW: u32 = 3;
/// The vendor's general "something went wrong", which it also says in spells of half a minute: an answer outlives one.
const SOME: u32 = 6;

/// By code. Ranges do not overlap.
pub const RULES: [Rule; 94] = [
    stop(0, Whom::Shop, "the access token is not valid"),
    again(1, FEW, "unknown trouble at the vendor"),
    again(2, MANY, "the vendor is down or overloaded"),
    stop(3, Whom::Shop, "a permission is missing"),
    wait(4, Whom::App, 5 * MINUTE, true, "the app makes too many calls"),
    stop(10, Whom::Shop, "a permission is missing"),
    stop(33, Whom::Number, "the business number does not exist"),
    fix(100, "a parameter is wrong"),
    stop(190, Whom::Shop, "the access token has expired"),
    rule(200, 299, Then::Stop { whom: Whom::Shop }, Learned::Nothing, true, "a permission is missing"),
    stop(368, Whom::Shop, "the account is blocked for a while because of a policy"),
    fix(2046, "the order cannot take this status"),
    fix(2047, "a paid order cannot be cancelled"),
    wait(2635, Whom::App, 10 * MINUTE, true, "the version of the API is no longer served"),
    wait(80_007, Whom::Shop, 5 * MINUTE, true, "the account makes too many calls"),
    wait(130_429, Whom::Number, 5_000, false, "the number sends too fast"),
    fails(130_472, Learned::MarketingCapped, "the customer is in an experiment that gets no marketing"),
    rule(130_497, 130_497, Then::Fail, Learned::CountryClosed, true, "messages to this country are not allowed"),
    again(131_000, SOME, "unknown trouble at the vendor"),
    stop(131_005, Whom::Shop, "a permission is missing"),
    fix(131_008, "a parameter is missing"),
    fix(131_009, "a parameter has a wrong value"),
    again(131_016, MANY, "the vendor is overloaded"),
    fail(131_020, "the group cannot be written to"),
    fail(131_021, "the receiver is the sender"),
    fails(131_026, Learned::Unreachable, "the customer cannot be reached on WhatsApp"),
    fix(131_030, "a test number may write only to listed receivers"),
    stop(131_031, Whom::Shop, "the account is locked"),
    stop(131_037, Whom::Number, "the display name of the number is not approved"),
    fail(131_041, "the group is not known"),
    stop(131_042, Whom::Shop, "the account has a payment problem"),
    fix(131_044, "the account has a payment problem"),
    stop(131_045, Whom::Number, "the number is not registered correctly"),
    rule(131_047, 131_047, Then::FallBack, Learned::WindowClosed, false, "the service window is closed"),
    rule(
        131_048,
        131_048,
        Then::Fail,
        Learned::MarketingStopped,
        true,
        "too many customers blocked or reported the number",
    ),
    fails(131_049, Learned::MarketingCapped, "the customer has had enough marketing for now"),
    fails(131_050, Learned::OptedOut, "the customer wants no marketing"),
    fail(131_051, "this kind of message is not supported"),
    fail(131_052, "the customer's file could not be fetched"),
    again(131_053, 2, "our file was not taken"),
    fix(131_055, "only marketing may be sent this way"),
    wait(131_056, Whom::Customer, 1_000, false, "too many messages to one customer"),
    wait(131_057, Whom::Number, 2 * MINUTE, false, "the number is being maintained"),
    fix(131_058, "the sample template goes out from test numbers only"),
    fail(131_059, "the page does not exist"),
    fail(131_060, "the message is not available"),
    fix(131_062, "this message needs a phone number"),
    fix(131_063, "marketing of this account goes through the Marketing Messages API only"),
    rule(
        131_064,
        131_064,
        Then::Fail,
        Learned::MarketingStopped,
        true,
        "templates were put into a wrong category too often",
    ),
    rule(131_201, 131_207, Then::Fail, Learned::Nothing, false, "the group cannot be written to"),
    wait(131_208, Whom::Number, MINUTE, false, "too many calls for groups"),
    rule(131_209, 131_215, Then::Fail, Learned::Nothing, false, "the group cannot be written to"),
    fix(132_000, "the template has another number of values"),
    template(132_001, "MISSING", "the template does not exist in this language"),
    fix(132_005, "the template is too long with these values"),
    template(132_007, "PAUSED", "the template breaks a policy"),
    fix(132_008, "a value of the template is wrong"),
    fix(132_012, "a value of the template has a wrong form"),
    template(132_015, "PAUSED", "the template is paused"),
    template(132_016, "DISABLED", "the template is disabled"),
    fix(132_018, "a value of the template is wrong"),
    rule(132_068, 132_069, Then::Fail, Learned::FormBlocked, true, "the form's Flow is blocked or throttled"),
    again(133_000, FEW, "the number was not deregistered completely"),
    again(133_004, MANY, "the vendor is not available for a while"),
    fix(133_005, "the PIN of the number is wrong"),
    fix(133_006, "the number has to be verified again"),
    fix(133_008, "the PIN was guessed too often"),
    fix(133_009, "the PIN was guessed too fast"),
    stop(133_010, Whom::Number, "the number is not registered"),
    wait(133_015, Whom::Number, 5 * MINUTE, true, "the number was deleted a moment ago"),
    fix(133_016, "the number was registered too often"),
    fix(134_011, "the terms of payments are not accepted"),
    fix(134_100, "only marketing may be sent this way"),
    wait(134_101, Whom::Customer, 10 * MINUTE, false, "the template is still being synchronised"),
    fix(134_102, "the template is not available for marketing"),
    fix(135_000, "a parameter is wrong"),
    rule(137_000, 137_000, Then::Fail, Learned::IdentityChanged, true, "the customer's identity has changed"),
    rule(138_000, 138_018, Then::Fail, Learned::Nothing, false, "calls are not made"),
    rule(139_000, 139_006, Then::Fail, Learned::Nothing, true, "the Flow cannot be changed"),
    rule(139_100, 139_102, Then::Fail, Learned::Nothing, false, "customers could not be blocked"),
    again(139_103, FEW, "customers could not be blocked"),
    rule(147_001, 147_005, Then::Fail, Learned::Nothing, true, "the username cannot be had"),
    fail(1_752_041, "it was asked for already"),
    fix(2_388_019, "the account has too many templates"),
    fix(2_388_040, "a part of the template is too long"),
    fix(2_388_047, "the header of the template is wrong"),
    fix(2_388_072, "the body of the template is wrong"),
    fix(2_388_073, "the footer of the template is wrong"),
    fix(2_388_293, "the template has too many values for its length"),
    fix(2_388_299, "a value stands at the beginning or end of the template"),
    wait(2_494_100, Whom::Number, 5 * MINUTE, false, "the number is being migrated"),
    fix(2_593_107, "the phone was synchronised too often"),
    fix(2_593_108, "the phone can no longer be synchronised"),
    fix(2_593_109, "the owner refused to share the history"),
];

/// A code that is not in the table: one more try after a while, but none of marketing, and people are told.
pub const NOT_KNOWN: Rule = rule(-1, -1, Then::Again { most: 2 }, Learned::Nothing, true, "a code that is not known");

/// The rule for a code, wherever it came: an answer, a failed status, a message, a value.
pub fn of(code: i32) -> &'static Rule {
    RULES.iter().find(|rule| (rule.first..=rule.last).contains(&code)).unwrap_or(&NOT_KNOWN)
}

/// The rule for a refusal. The code decides; where it is not known, the HTTP status does.
pub fn of_refusal(refused: &Refused) -> Rule {
    let rule = *of(refused.code);
    let then = match (!rule.is_known(), refused.http) {
        (true, 429) => Then::Wait { whom: Whom::Number, ms: 5_000 },
        (true, 500..) => Then::Again { most: MANY },
        (_, _) => rule.then,
    };
    Rule { then, ..rule }
}
