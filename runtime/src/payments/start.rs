//! What the customer's tap on Pay leads to: the payment is begun at the provider once, whoever taps how often (I16). That
//! it is begun is written down before the provider is asked; what an answer that was lost has done is found out before
//! anything is repeated.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;

use super::Cashier;
use super::cashier::Seen;
use super::facts::{Facts, Repeat};
use super::provider::{Heard as Answered, Payer, Trouble, Wanted as Question};
use super::standing::{Alarm, Heard, Payment, State};
use crate::server::payable;
use crate::store;

/// How long whoever taps twice waits for the first tap's answer, and how often it looks.
const LOOKS: u32 = 24;
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A beginning whose answer has not come after so long is taken over.
const LEASE_MS: i64 = 15_000;

/// How often a payment may be begun.
const MOST_ATTEMPTS: usize = 5;

/// How long a message waits for a Pix code.
const CODE_WITHIN: Duration = Duration::from_secs(5);

/// Where the customer goes from here.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// To the provider's page.
    Page(String),
    /// Back to the link's own page, which says how it stands.
    Standing,
    /// The same, and it should be tried again in a moment.
    NotNow,
}

/// What is to be done first.
enum Step {
    Go(Started),
    Begin(usize),
    Find(usize),
    Wait,
}

impl Cashier {
    /// Begins a payment, or finds that it was begun. `phone`: whom to prompt; empty: who wrote.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn start(&self, seen: &Seen, phone: &str) -> store::Result<Started> {
        let place = (seen.row.shop, seen.row.id);
        for _ in 0..LOOKS {
            let Some(seen) = self.payment(place).await? else { return Ok(Started::Standing) };
            match self.step(&seen) {
                Step::Go(started) => return Ok(started),
                Step::Begin(attempt) => {
                    // Before anything is written down: a store that does not say who pays leaves nothing begun.
                    let payer = self.payer(&seen, phone).await?;
                    if let Some(seen) = self.hold(&seen, attempt).await? {
                        return self.begin(&seen, attempt, &payer).await;
                    }
                }
                Step::Find(attempt) => {
                    if let Some(seen) = self.hold(&seen, attempt).await? {
                        return self.find(&seen, attempt).await;
                    }
                }
                Step::Wait => {}
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(Started::NotNow)
    }

    fn step(&self, seen: &Seen) -> Step {
        let (payment, now_ms) = (&seen.payment, self.host.clock.now_ms());
        let (facts, attempts) = (seen.till.provider.facts(), payment.references.len());
        if now_ms >= payment.expires_ms || !payment.state.is_payable() {
            return Step::Go(Started::Standing);
        }
        if payment.provider != facts.shop.name && attempts > 0 {
            // It is at a provider that the shop has no more.
            return Step::Go(Started::Standing);
        }
        let since_ms = now_ms.saturating_sub(payment.held_ms);
        match payment.state {
            State::Open if facts.prompts || payment.page.is_empty() => Step::Go(Started::Standing),
            State::Open => Step::Go(Started::Page(payment.page.clone())),
            State::Failed if facts.same_page && !payment.page.is_empty() && !is_by_code(payment, facts) => {
                Step::Go(Started::Page(payment.page.clone()))
            }
            State::Sent | State::Failed if attempts < MOST_ATTEMPTS => Step::Begin(attempts + 1),
            // Whoever began is still waiting for the answer, unless it is known that none came.
            State::Beginning if payment.unanswered == 0 && since_ms < LEASE_MS => Step::Wait,
            State::Beginning => match facts.repeat {
                Repeat::SameName => Step::Begin(attempts),
                Repeat::Looked(_) => Step::Find(attempts),
                Repeat::After(ms) if since_ms >= ms && attempts < MOST_ATTEMPTS => Step::Begin(attempts + 1),
                Repeat::After(_) => Step::Go(Started::NotNow),
            },
            _ => Step::Go(Started::Standing),
        }
    }

    /// Whether a bill may take the money of this link inside the chat: nobody taps there, so its order is looked at once more before
    /// (F79, F80). `false`: the customer gets the link, which says how it stands.
    pub async fn may_bill(&self, link: &str) -> bool {
        let Some(seen) = self.linked(link).await else { return false };
        if !seen.payment.state.is_payable() || self.host.clock.now_ms() >= seen.payment.expires_ms {
            return false;
        }
        match self.server() {
            Some(server) => payable::is_as_agreed(&server, &seen).await.unwrap_or(false),
            None => self.goes_unasked(),
        }
    }

    async fn linked(&self, link: &str) -> Option<Seen> {
        self.seen(link.rsplit('/').next()?).await.ok()?
    }

    /// The Pix code of a payment for its bill inside the chat, begun at the provider once. `None`: the customer gets the link.
    pub async fn code(self: &Arc<Cashier>, link: &str) -> Option<String> {
        let seen = self.linked(link).await?;
        let (facts, now_ms) = (seen.till.provider.facts(), self.host.clock.now_ms());
        if facts.codes.is_empty() || now_ms >= seen.payment.expires_ms {
            return None;
        }
        let seen = match seen.payment.state {
            State::Sent => self.hold(&seen, 1).await.ok()??,
            // The message is tried again: the same name leads to the same code.
            State::Open if seen.payment.references.len() == 1 && is_by_code(&seen.payment, facts) => seen,
            _ => return None,
        };
        let cashier = Arc::clone(self);
        // What the provider has begun is written down, also where the message does not wait for it.
        let coded = tokio::spawn(async move { cashier.coded(&seen).await });
        tokio::time::timeout(CODE_WITHIN, coded).await.ok()?.ok()?
    }

    async fn coded(&self, seen: &Seen) -> Option<String> {
        match self.question(seen, Question::Code, 1).await {
            Ok(Answered::Coded { reference, code, page }) => match self.begun(seen, 1, &reference, &page).await {
                Ok(Started::Page(_) | Started::Standing) => Some(code),
                Ok(Started::NotNow) | Err(_) => None,
            },
            Ok(_) => None,
            // Nobody has the code, so nobody can pay it: the link begins anew.
            Err(Trouble::Unknown(why) | Trouble::NotNow(why) | Trouble::Refused(why)) => {
                self.not_begun(seen, 1, &Trouble::NotNow(why)).await.ok()?;
                None
            }
        }
    }

    /// Writes down that an attempt is made from now on: a new one, or once more one whose answer was lost, which is asked for with
    /// the same words (I13). `None`: somebody else was faster.
    async fn hold(&self, seen: &Seen, attempt: usize) -> store::Result<Option<Seen>> {
        let now_ms = self.host.clock.now_ms();
        let is_repeated = seen.payment.state == State::Beginning && seen.payment.references.len() == attempt;
        let mut payment = Payment { state: State::Beginning, held_ms: now_ms, unanswered: 0, ..seen.payment.clone() };
        if !is_repeated {
            (payment.begun_ms, payment.tries, payment.language) = (now_ms, 0, seen.language.clone());
        }
        payment.tries = payment.tries.saturating_add(1);
        if seen.payment.references.is_empty() {
            payment.provider = SmolStr::new_static(seen.till.provider.facts().shop.name);
        }
        payment.references.resize(attempt, SmolStr::default());
        let mut row = seen.row.clone();
        row.body = payment.encode();
        row.due_ms = Some(now_ms.saturating_add(2 * LEASE_MS));
        if !self.save(&row).await? {
            return Ok(None);
        }
        row.version += 1;
        Ok(Some(Seen { row, payment, ..seen.clone() }))
    }

    async fn begin(&self, seen: &Seen, attempt: usize, payer: &Payer) -> store::Result<Started> {
        match self.question_of(seen, Question::Begin, attempt, payer, (None, None)).await {
            Ok(Answered::Begun { reference, page }) => self.begun(seen, attempt, &reference, &page).await,
            Ok(_) => Ok(Started::NotNow),
            Err(trouble) => self.not_begun(seen, attempt, &trouble).await,
        }
    }

    async fn begun(&self, seen: &Seen, attempt: usize, reference: &str, page: &str) -> store::Result<Started> {
        if !page.is_empty() && !seen.till.may_lead_to(page) {
            tracing::error!(shop = %seen.shop.slug, "the provider's page is not on one of its hosts; nobody is sent there");
            return Ok(Started::NotNow);
        }
        let begun = |row: &mut store::PaymentRow, payment: &mut Payment, _: bool| {
            payment.begin_as(attempt, reference);
            row.reference = reference.into();
            payment.page = page.to_string();
            // Money may have been faster.
            if payment.state == State::Beginning {
                payment.state = State::Open;
                payment.unanswered = 0;
            }
            Vec::new()
        };
        let changed = self.change((seen.row.shop, seen.row.id), begun).await?;
        let Some((row, payment)) = changed else { return Ok(Started::Standing) };
        if !payment.state.is_payable() {
            // It was paid, replaced or cancelled meanwhile: nobody is sent to another page that takes money.
            self.close(&Seen { row, payment, ..seen.clone() }).await;
            return Ok(Started::Standing);
        }
        Ok(if page.is_empty() { Started::Standing } else { Started::Page(page.to_string()) })
    }

    async fn not_begun(&self, seen: &Seen, attempt: usize, trouble: &Trouble) -> store::Result<Started> {
        let shop = seen.shop.slug.as_str();
        match trouble {
            Trouble::Unknown(why) => {
                tracing::warn!(shop, %why, "whether a payment was begun is not known; it is looked for")
            }
            Trouble::NotNow(why) => tracing::warn!(shop, %why, "a payment could not be begun just now"),
            Trouble::Refused(why) => tracing::error!(shop, %why, "the provider refuses to begin a payment"),
        }
        let undone = |_: &mut store::PaymentRow, payment: &mut Payment, _: bool| {
            let is_repeated = payment.tries > 1;
            if payment.state != State::Beginning {
                return Vec::new();
            }
            match trouble {
                Trouble::Unknown(_) => payment.unanswered = 1,
                // What the first request has done is not known any better.
                Trouble::NotNow(_) if is_repeated => payment.unanswered = 1,
                Trouble::NotNow(_) | Trouble::Refused(_) => {
                    payment.state = if attempt > 1 { State::Failed } else { State::Sent };
                    // Nobody has the page of what the first request may have begun: the next tap begins under another name.
                    let is_last = payment.references.len() == attempt && payment.name_of(attempt).is_empty();
                    if is_last && !is_repeated {
                        payment.references.truncate(attempt - 1);
                    }
                }
            }
            Vec::new()
        };
        self.change((seen.row.shop, seen.row.id), undone).await?;
        Ok(Started::NotNow)
    }

    /// Looks for what an attempt has done whose answer was lost.
    pub(super) async fn find(&self, seen: &Seen, attempt: usize) -> store::Result<Started> {
        let has_page = matches!(seen.till.provider.facts().repeat, Repeat::Looked(true));
        match self.question(seen, Question::Find, attempt).await {
            Ok(Answered::Stands { page: Some(page), reference: Some(reference), .. }) if has_page => {
                self.begun(seen, attempt, &reference, &page).await
            }
            // Nobody knows the address of its page, so nobody can pay it: another name is safe.
            Ok(Answered::Stands { .. } | Answered::Nothing) if !has_page && attempt < MOST_ATTEMPTS => {
                let payer = self.payer(seen, "").await?;
                let Some(seen) = self.hold(seen, attempt + 1).await? else { return Ok(Started::NotNow) };
                self.begin(&seen, attempt + 1, &payer).await
            }
            Ok(Answered::Nothing) => {
                let payer = self.payer(seen, "").await?;
                self.begin(seen, attempt, &payer).await
            }
            Ok(_) | Err(_) => Ok(Started::NotNow),
        }
    }

    /// Finds out what became of a beginning that nobody has heard of since.
    pub(super) async fn recover(&self, seen: &Seen) -> store::Result<()> {
        let attempt = seen.payment.references.len();
        match seen.till.provider.facts().repeat {
            Repeat::Looked(true) => {
                self.find(seen, attempt).await?;
            }
            // Nobody has the page, and the next tap is given one; with its end the payment ends.
            Repeat::SameName | Repeat::Looked(false) | Repeat::After(_) => {
                let over = self.host.clock.now_ms() >= seen.payment.expires_ms;
                let facts = seen.till.provider.facts();
                let change = |_: &mut store::PaymentRow, payment: &mut Payment, paid: bool| {
                    payment.unanswered = payment.unanswered.saturating_add(1);
                    let mut news = Vec::new();
                    if over && payment.state.is_payable() && payment.may_be_paid_unseen(facts) {
                        payment.alarm(Alarm::Unanswered, &mut news);
                    }
                    if over {
                        news.extend(payment.hear(&Heard::TimeIsUp, paid));
                    }
                    news
                };
                self.change((seen.row.shop, seen.row.id), change).await?;
            }
        }
        Ok(())
    }
}

/// Whether the latest attempt is a Pix code: once its time is over, nobody can pay it.
fn is_by_code(payment: &Payment, facts: &Facts) -> bool {
    !facts.codes.is_empty() && payment.references.last().is_some_and(|name| name.starts_with(facts.codes))
}
