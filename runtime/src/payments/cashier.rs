//! Between conversations, providers and the rows of payments: makes links, takes callbacks, writes down what is heard, and
//! tells the conversation in the same commit. Every change is fenced by the row's version.

use std::sync::{Arc, OnceLock, Weak};

use axum::http::{HeaderMap, HeaderValue};
use duka_engine::event::Outcome;
use duka_engine::session::Session;
use duka_engine::value::Money;
use secrecy::SecretString;
use smol_str::{SmolStr, format_smolstr};
use url::Url;

use super::Till;
use super::letter::{self, Wanted};
use super::provider::{Bill, Heard as Answered, Payer, Post, Told, Trouble, Wanted as Question};
use super::standing::{Alarm, Heard, News, Payment, Said, Standing, State};
use super::token::{Claims, Seal};
use crate::egress::Egress;
use crate::handoff::{self, Telling};
use crate::host::Host;
use crate::host::calls::{Ask, Fate};
use crate::host::incoming::Incoming;
use crate::host::notices::{self, Notice};
use crate::host::shops::Shop;
use crate::id::{ConversationId, ElementKey, PaymentId, ShopScope};
use crate::server::Server;
use crate::store::{self, IdentityKind, InboxRow, NewPost, PaymentRow, QuarantineEntry, Sighting, Tx};

/// How often a change is tried again that another one was faster than.
const TRIES: u32 = 10;

/// Why a callback is in quarantine.
pub const UNKNOWN: &str = "unknown payment";
const DETAIL: &str = "payments: ";
/// Behind it: what a provider does not say again when it is asked how the payment stands.
const DISPUTED: &str = " disputed";

/// Takes no card and keeps no money.
pub struct Cashier {
    pub(super) host: Arc<Host>,
    pub(super) egress: Egress,
    pub(super) seal: Seal,
    /// Where links lead to: this server, as customers reach it.
    public: Url,
    /// Who is asked whether orders are still what they were.
    server: OnceLock<Weak<Server>>,
}

/// One payment.
pub type Place = (ShopScope, PaymentId);

/// A payment as its customer may see it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub shop: Arc<Shop>,
    pub till: Arc<Till>,
    pub row: PaymentRow,
    pub payment: Payment,
    pub language: SmolStr,
}

/// What became of a change.
enum Changed {
    /// There is no such payment any more.
    Gone,
    /// Another change was faster.
    Meanwhile,
    Now(PaymentRow, Box<Payment>, Vec<News>),
}

impl Cashier {
    pub fn new(host: Arc<Host>, egress: Egress, seal: Seal, public: Url) -> Cashier {
        Cashier { host, egress, seal, public, server: OnceLock::new() }
    }

    /// Orders of the shops are asked for by this server.
    pub fn serve(&self, server: &Arc<Server>) {
        let _ = self.server.set(Arc::downgrade(server));
    }

    pub(super) fn server(&self) -> Option<Arc<Server>> {
        self.server.get().and_then(Weak::upgrade)
    }

    /// What goes on without a server that can be asked about orders: all, where there never was one, and nothing that can wait
    /// for the next where it is going down.
    pub(super) fn goes_unasked(&self) -> bool {
        self.server.get().is_none()
    }

    /// What a command of a conversation leads to. `None`: the shop's payments are not ours.
    pub async fn ask(&self, ask: &Ask) -> Option<Outcome> {
        let till = ask.shop.till.as_ref()?;
        let outcome = match ask.request.name.as_str() {
            "payments.link" => self.link(ask, till).await,
            "payments.cash" => self.cash(ask, till).await,
            "payments.refund" => self.refund(ask, till).await,
            _ => return None,
        };
        Some(outcome.unwrap_or_else(|error| {
            tracing::warn!(shop = %ask.shop.slug, %error, "a payment could not be written down");
            Outcome::Unknown
        }))
    }

    /// What became of such a command.
    pub async fn look_up(&self, ask: &Ask) -> Option<Fate> {
        let till = ask.shop.till.as_ref()?;
        match ask.request.name.as_str() {
            "payments.link" | "payments.cash" => {}
            "payments.refund" => return Some(self.refund_fate(ask, till).await),
            _ => return None,
        }
        let read = async {
            let mut tx = self.host.store.read(ask.shop.scope).await?;
            for id in self.seal.payments(ask.shop.scope, &ask.key) {
                if let Some(row) = tx.payment(ask.shop.scope, id).await? {
                    return Ok::<_, store::Error>(Some(row));
                }
            }
            Ok(None)
        };
        Some(match read.await {
            Ok(Some(row)) => self.given(&ask.shop, &row).map_or(Fate::CannotTell, Fate::Done),
            Ok(None) => Fate::NotDone,
            Err(_) => Fate::CannotTell,
        })
    }

    pub(super) fn given(&self, shop: &Shop, row: &PaymentRow) -> Option<Outcome> {
        let payment = Payment::decode(&row.body)?;
        let status = if payment.state == State::Cash { "cash" } else { "link_sent" };
        Some(letter::given(&shop.program, &row.order, &payment, status, &self.url(&payment)))
    }

    /// Where a payment's link leads; empty for one without.
    pub fn url(&self, payment: &Payment) -> String {
        if payment.token.is_empty() {
            String::new()
        } else {
            self.address(&format!("pay/{}", self.seal.kept(&payment.token)))
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.public.as_str().trim_end_matches('/'))
    }

    async fn link(&self, ask: &Ask, till: &Till) -> store::Result<Outcome> {
        let Some(Wanted { order, total }) = letter::wanted(ask) else {
            return Ok(Outcome::Failed { reason: "the order has no number or no total".into() });
        };
        if let Err(why) = till.can_take(total) {
            tracing::error!(shop = %ask.shop.slug, %why, "an order can not be paid at the shop's provider");
            return Ok(Outcome::Refused { code: "not_payable".into() });
        }
        let id = self.seal.payment(ask.shop.scope, &ask.key);
        let expires_ms = ask.now_ms.saturating_add(till.life_ms);
        let (c, a) = (total.currency.code().to_string(), total.minor);
        let claims = Claims { jti: id, t: ask.shop.scope.number(), a, c, exp: expires_ms.div_euclid(1_000) };
        let Some(token) = self.seal.close(&claims).and_then(|token| self.seal.keep(&token)) else {
            return Ok(Outcome::Failed { reason: "no link could be made".into() });
        };
        let name = SmolStr::new_static(till.provider.facts().shop.name);
        self.add(ask, id, &order, Payment::new(name, total, State::Sent, expires_ms, token)).await
    }

    async fn cash(&self, ask: &Ask, till: &Till) -> store::Result<Outcome> {
        let Some(Wanted { order, total }) = letter::wanted(ask).filter(|_| till.cash) else {
            return Ok(Outcome::Refused { code: "not_allowed".into() });
        };
        let id = self.seal.payment(ask.shop.scope, &ask.key);
        let payment = Payment::new(SmolStr::new_static("cash"), total, State::Cash, 0, String::new());
        self.add(ask, id, &order, payment).await
    }

    /// Writes a payment down; it takes the place of others of its order, unless the order is paid.
    async fn add(&self, ask: &Ask, id: PaymentId, order: &SmolStr, payment: Payment) -> store::Result<Outcome> {
        let (shop, now_ms) = (ask.shop.scope, ask.now_ms);
        let ids: Vec<PaymentId> = self.seal.payments(shop, &ask.key).collect();
        let row = PaymentRow {
            shop,
            id,
            conversation: ask.conversation,
            order: order.clone(),
            reference: SmolStr::default(),
            version: 0,
            due_ms: payment.due_ms(now_ms),
            body: payment.encode(),
        };
        let (payment, ids, row) = (&payment, &ids, &row);
        let added = |mut tx: Tx| async move {
            let mut known = Vec::new();
            for row in tx.payments_of(shop, order).await? {
                if !is_of_one_order(payment, &row, ask.conversation) {
                    continue;
                }
                // It may be paid.
                let Some(payment) = Payment::decode(&row.body) else {
                    return Ok((tx, Outcome::Failed { reason: "a payment of the order can not be read".into() }));
                };
                known.push((row, payment));
            }
            if let Some((row, _)) = known.iter().find(|(row, _)| ids.contains(&row.id)) {
                let given = self.given(&ask.shop, row).unwrap_or(Outcome::Unknown);
                return Ok((tx, given));
            }
            if known.iter().any(|(_, payment)| payment.state == State::Paid) {
                return Ok((tx, Outcome::Refused { code: "already_paid".into() }));
            }
            for (mut row, mut payment) in known {
                payment.hear(&Heard::Replaced, false);
                // The provider is told soon that nobody can pay it any more.
                row.due_ms = if payment.references.is_empty() { None } else { Some(now_ms) };
                row.body = payment.encode();
                tx.save_payment(&row).await?;
            }
            tx.add_payment(row).await?;
            Ok((tx, self.given(&ask.shop, row).unwrap_or(Outcome::Unknown)))
        };
        self.host.store.transact(shop, added).await
    }

    /// Writes a payment down, unless it is not the one any more that was read.
    pub(super) async fn save(&self, row: &PaymentRow) -> store::Result<bool> {
        let saved = |mut tx: Tx| async move {
            let is_saved = tx.save_payment(row).await?;
            Ok((tx, is_saved))
        };
        self.host.store.transact(row.shop, saved).await
    }

    /// The payment of a link. `None`: the link is none of ours, or what it was for is gone.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn seen(&self, token: &str) -> store::Result<Option<Seen>> {
        let Some(claims) = self.seal.open(token) else { return Ok(None) };
        self.payment((ShopScope::numbered(claims.t), claims.jti)).await
    }

    pub(super) async fn payment(&self, (scope, id): Place) -> store::Result<Option<Seen>> {
        let shop = self.host.shops.shop(scope).and_then(|shop| shop.till.clone().map(|till| (shop, till)));
        let Some((shop, till)) = shop else { return Ok(None) };
        let mut tx = self.host.store.read(scope).await?;
        let Some(row) = tx.payment(scope, id).await? else { return Ok(None) };
        let conversation = tx.conversations(&[(scope, row.conversation)]).await?.into_iter().next().flatten();
        tx.rollback().await?;
        let session = conversation.and_then(|row| Session::decode(&row.session).ok());
        let spoken = session.map(|session| session.language).filter(|language| !language.is_empty());
        let language = spoken.or_else(|| shop.program.shop.languages.first().cloned()).unwrap_or_default();
        Ok(Payment::decode(&row.body).map(|payment| {
            let till = till.of(&payment);
            Seen { shop, till, row, payment, language }
        }))
    }

    /// Reads a payment, changes it, writes it and tells its conversation, all in one commit. `None`: it is gone.
    pub(super) async fn change(
        &self,
        (scope, id): Place,
        change: impl Fn(&mut PaymentRow, &mut Payment, bool) -> Vec<News> + Sync,
    ) -> store::Result<Option<(PaymentRow, Payment)>> {
        let (now_ms, change) = (self.host.clock.now_ms(), &change);
        for _ in 0..TRIES {
            let changed = |mut tx: Tx| async move {
                let Some(found) = tx.payment(scope, id).await? else { return Ok((tx, Changed::Gone)) };
                let all = tx.payments_of(scope, &found.order).await?;
                let own = Payment::decode(&found.body);
                let paid = |row: &&PaymentRow| {
                    let same = own.as_ref().is_some_and(|own| is_of_one_order(own, row, found.conversation));
                    let other = Payment::decode(&row.body).filter(|_| same && row.id != id);
                    other.is_some_and(|payment| payment.state == State::Paid)
                };
                let paid_otherwise = all.iter().any(|row| paid(&row));
                let Some(mut row) = all.into_iter().find(|row| row.id == id) else { return Ok((tx, Changed::Gone)) };
                let Some(mut payment) = Payment::decode(&row.body) else { return Ok((tx, Changed::Gone)) };
                let news = change(&mut row, &mut payment, paid_otherwise);
                row.due_ms = payment.due_ms(now_ms);
                row.body = payment.encode();
                if !tx.save_payment(&row).await? {
                    return Ok((tx, Changed::Meanwhile));
                }
                self.tell(&mut tx, &row, &payment, &news).await?;
                Ok((tx, Changed::Now(row, Box::new(payment), news)))
            };
            match self.host.store.transact(scope, changed).await? {
                Changed::Gone => return Ok(None),
                Changed::Meanwhile => {}
                Changed::Now(row, payment, news) => {
                    self.told(&row, &news);
                    return Ok(Some((PaymentRow { version: row.version + 1, ..row }, *payment)));
                }
            }
        }
        Ok(None)
    }

    /// What the conversation and the shop's people are to hear, into the transaction of the change.
    async fn tell(&self, tx: &mut Tx, row: &PaymentRow, payment: &Payment, news: &[News]) -> store::Result<()> {
        let Some(shop) = self.host.shops.shop(row.shop) else { return Ok(()) };
        let now_ms = self.host.clock.now_ms();
        for news in news {
            match news {
                News::Event(status) => {
                    let kind = letter::event(&shop.program, &row.order, payment, status, &self.url(payment));
                    let body = Incoming::event(kind).kept();
                    let (shop, conversation) = (row.shop, row.conversation);
                    let event = InboxRow { shop, seq: 0, conversation, body, received_ms: now_ms, attempts: 0 };
                    tx.enqueue(&[event]).await?;
                }
                News::Alarm(alarm) if shop.people => {
                    let text = format_smolstr!("Order {}: please look at its payment ({}).", row.order, alarm.name());
                    let told = handoff::Told::Alert { text };
                    let telling = Telling { turn: now_ms.unsigned_abs(), index: *alarm as u16, at_ms: now_ms, told };
                    let body = postcard::to_stdvec(&telling).unwrap_or_default();
                    let (shop, conversation) = (row.shop, row.conversation);
                    tx.add_posts(&[NewPost { shop, conversation, not_before_ms: now_ms, body }]).await?;
                }
                News::Alarm(_) => {}
            }
        }
        Ok(())
    }

    fn told(&self, row: &PaymentRow, news: &[News]) {
        for news in news {
            match news {
                News::Event(status) => metrics::counter!("duka_payments_total", "status" => *status).increment(1),
                News::Alarm(alarm) => self.alarm(row, *alarm),
            }
        }
    }

    fn alarm(&self, row: &PaymentRow, alarm: Alarm) {
        let notice = Notice::Payment { alarm: alarm.name(), order: row.order.clone() };
        self.host.notices.tell(notices::Told { shop: row.shop, conversation: Some(row.conversation), notice });
    }

    /// Takes a callback to a shop. `part`: what its own address has behind the shop's.
    ///
    /// # Errors
    /// It is not proved, or could not be kept.
    pub async fn called(
        self: &Arc<Cashier>,
        shop: &Shop,
        till: &Till,
        part: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(), Refusal> {
        let named = match part {
            Some(part) => Some(self.seal.called(shop.scope, part).ok_or(Refusal::Unproved)?),
            None => None,
        };
        let now_ms = self.host.clock.now_ms();
        // The provider before this one still tells of what was begun there.
        let by_old = |unproved| match &till.old {
            Some(old) => heard(old, named, headers, body, now_ms),
            None => Err(unproved),
        };
        let told = heard(till, named, headers, body, now_ms).or_else(by_old)?;
        for told in told {
            if let Some(place) = self.claim(shop, told, named, body).await? {
                let cashier = Arc::clone(self);
                // The provider need not wait for what we ask it.
                tokio::spawn(async move { cashier.one(place).await });
            }
        }
        Ok(())
    }

    /// Writes down what a proved callback says; the provider is asked before it counts. `None`: nothing is to be asked.
    async fn claim(
        &self,
        shop: &Shop,
        told: Told,
        named: Option<PaymentId>,
        body: &[u8],
    ) -> Result<Option<Place>, store::Error> {
        let (scope, now_ms) = (shop.scope, self.host.clock.now_ms());
        let (told, ours) = (&told, our_id(&told.ours).or(named));
        let found = |mut tx: Tx| async move {
            let row = match ours {
                Some(id) => tx.payment(scope, id).await?,
                None => tx.payment_referred(scope, &told.reference).await?,
            };
            let key = ElementKey::named("payment", &told.event);
            let sighting = Sighting { shop: scope, key, received_ms: now_ms };
            let is_new = row.is_none() && tx.admit(&[sighting]).await?.first() == Some(&true);
            if is_new {
                let disputed = if told.standing.said == Said::Disputed { DISPUTED } else { "" };
                let detail = format!("{DETAIL}{} {}{disputed}", told.ours, told.reference);
                let reason = SmolStr::new_static(UNKNOWN);
                let entry = QuarantineEntry { shop: Some(scope), at_ms: now_ms, reason, detail, body: body.to_vec() };
                tx.add_quarantine(&[entry]).await?;
            }
            Ok((tx, (row, is_new)))
        };
        let (row, is_new) = self.host.store.transact(scope, found).await?;
        if is_new {
            let notice = Notice::Quarantined { reason: UNKNOWN.into() };
            self.host.notices.tell(notices::Told { shop: scope, conversation: None, notice });
        }
        let Some(row) = row else { return Ok(None) };
        let place = (scope, row.id);
        let attempt = attempt_of(&told.ours);
        let changed = self.change(place, |row, payment, paid_otherwise| {
            // A callback may be faster than the answer that names the payment.
            let known = payment.references.clone();
            let attempt = payment.name_attempt(attempt, &told.reference);
            if payment.references != known {
                row.reference = told.reference.as_str().into();
            }
            let (mut standing, mut news) = (told.standing.clone(), Vec::new());
            if standing.said == Said::Disputed {
                payment.dispute(&told.event, &mut news);
            }
            if standing.said == Said::Paid && standing.refunded_minor == 0 && told.refund.is_empty() {
                payment.claim_again(attempt);
            }
            if standing.said == Said::Paid && payment.money.is_empty() {
                payment.money = told.money.as_str().into();
            }
            if matches!(standing.said, Said::Reversed | Said::NotReversed) {
                let done = payment.called_back(&told.refund, standing.said, &mut news);
                if let Some(refunded_minor) = done {
                    let done = Standing { said: Said::Open, amount: None, refunded_minor };
                    news.extend(payment.hear(&Heard::Claim(done), paid_otherwise));
                    return news;
                }
            }
            if !told.refund.is_empty() && standing.refunded_minor > 0 {
                standing.refunded_minor = payment.note_refund(&told.refund, standing.refunded_minor, now_ms);
            }
            news.extend(payment.hear(&Heard::Claim(standing), paid_otherwise));
            news
        });
        let changed = changed.await?;
        // Of what is paid already nothing is to be asked, unless there is news of it.
        Ok(changed.filter(|(_, payment)| payment.claimed.is_some() || !payment.state.is_money()).map(|_| place))
    }

    /// Asks about the payment that a callback in quarantine named. `false`: there is still no such payment.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn again(self: &Arc<Cashier>, scope: ShopScope, detail: &str) -> store::Result<bool> {
        let named = detail.strip_prefix(DETAIL).unwrap_or_default();
        let (named, is_disputed) = named.strip_suffix(DISPUTED).map_or((named, false), |named| (named, true));
        let (ours, reference) = named.split_once(' ').unwrap_or((named, ""));
        let mut tx = self.host.store.read(scope).await?;
        let row = match our_id(ours) {
            Some(id) => tx.payment(scope, id).await?,
            None => tx.payment_referred(scope, reference).await?,
        };
        tx.rollback().await?;
        let Some(row) = row else { return Ok(false) };
        if is_disputed {
            let disputed = Heard::Claim(Standing { said: Said::Disputed, amount: None, refunded_minor: 0 });
            self.change((scope, row.id), |_, payment, paid| payment.hear(&disputed, paid)).await?;
        }
        self.one((scope, row.id)).await;
        Ok(true)
    }

    /// Asks a provider one question.
    pub(super) async fn question(&self, seen: &Seen, question: Question, attempt: usize) -> Result<Answered, Trouble> {
        let payer = self.payer(seen, "").await.map_err(|error| Trouble::NotNow(error.to_string()))?;
        self.question_of(seen, question, attempt, &payer, (None, None)).await
    }

    pub(super) async fn question_of(
        &self,
        seen: &Seen,
        question: Question,
        attempt: usize,
        payer: &Payer,
        (reference, back): (Option<&str>, Option<&(Money, SmolStr)>),
    ) -> Result<Answered, Trouble> {
        let Seen { till, row, payment, shop, .. } = seen;
        let language = Some(&payment.language).filter(|language| !language.is_empty()).unwrap_or(&seen.language);
        let (ours, now_ms) = (our_name(row.id, attempt), self.host.clock.now_ms());
        let known = payment.name_of(attempt);
        let hook = self.address(&format!("webhooks/{}/payments/{}", shop.slug, self.seal.hook(row.shop, row.id)));
        let bill = Bill {
            ours: &ours,
            reference: reference.unwrap_or(known),
            order: &row.order,
            shop: &till.name,
            amount: payment.amount,
            language,
            expires_ms: payment.expires_ms,
            begun_ms: payment.begun_ms,
            now_ms,
            back: &self.url(payment),
            hook: &hook,
            payer,
            back_money: back.map(|(money, key)| (*money, key.as_str())),
        };
        let login = self.login(till).await?;
        let request = till.provider.request(question, &bill, secrecy::ExposeSecret::expose_secret(&login))?;
        let request = request.ok_or_else(|| Trouble::Refused("there is no such question".to_string()))?;
        match self.egress.only(&till.hosts).send(request).await {
            Ok(answer) => till.provider.read(question, &bill, &answer),
            Err(error) if error.is_unsent() => Err(Trouble::NotNow(error.to_string())),
            Err(error) => Err(Trouble::Unknown(error.to_string())),
        }
    }

    async fn login(&self, till: &Till) -> Result<SecretString, Trouble> {
        let Some(request) = till.provider.login() else { return Ok(SecretString::default()) };
        let now_ms = self.host.clock.now_ms();
        let mut held = till.login.lock().await;
        if let Some((login, _)) = held.as_ref().filter(|(_, until_ms)| *until_ms > now_ms) {
            return Ok(login.clone());
        }
        let answer = self.egress.only(&till.hosts).send(request).await;
        let answer = answer.map_err(|error| Trouble::NotNow(error.to_string()))?;
        let refused = || Trouble::NotNow(format!("login: status {}", answer.status));
        let (login, life_s) = till.provider.logged_in(&answer).ok_or_else(refused)?;
        *held = Some((login.clone(), now_ms.saturating_add(life_s.saturating_sub(60).saturating_mul(1_000))));
        Ok(login)
    }

    /// Who pays: the customer of the conversation, at the phone it was written from unless another is given.
    ///
    /// # Errors
    /// The store does not answer: nobody is asked for money in the customer's place.
    pub(super) async fn payer(&self, seen: &Seen, phone: &str) -> store::Result<Payer> {
        let place = (seen.row.shop, seen.row.conversation);
        let known = self.host.store.read(place.0).await?.identities_of(place.0, place.1).await?;
        let known = known.into_iter().find(|it| it.kind == IdentityKind::Phone);
        let known = known.map(|it| it.value.to_string()).unwrap_or_default();
        let phone = if phone.is_empty() { known } else { phone.to_string() };
        Ok(Payer { name: String::new(), phone, alias: self.seal.alias(place.0, place.1) })
    }
}

/// Whether a payment is of the same order as one of the same number. Each customer of the demo has a shop of their own, whose
/// orders are numbered alike; and cash is taken where the order is brought.
pub(super) fn is_of_one_order(payment: &Payment, row: &PaymentRow, conversation: ConversationId) -> bool {
    !matches!(payment.provider.as_str(), "demo" | "cash" | "own") || row.conversation == conversation
}

/// What a callback says, if it is proved.
fn heard(
    till: &Till,
    named: Option<PaymentId>,
    headers: &HeaderMap,
    body: &[u8],
    now_ms: i64,
) -> Result<Vec<Told>, Refusal> {
    let header = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let ours = named.map(|id| hex::encode(id.0));
    let post = Post { header: &header, body, now_ms, named: ours.as_deref() };
    till.provider.hear(&post).map_err(|_| Refusal::Unproved)
}

/// Why a callback is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("it proves nothing")]
    Unproved,
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Our name for an attempt: letters that every provider takes.
pub(super) fn our_name(id: PaymentId, attempt: usize) -> SmolStr {
    let id = hex::encode(id.0);
    if attempt > 1 { format_smolstr!("{id}-{attempt}") } else { id.into() }
}

fn our_id(name: &str) -> Option<PaymentId> {
    let mut id = [0; 16];
    hex::decode_to_slice(name.get(..32)?, &mut id).ok()?;
    Some(PaymentId(id))
}

fn attempt_of(name: &str) -> Option<usize> {
    if name.len() < 32 { None } else { Some(name.get(33..).and_then(|attempt| attempt.parse().ok()).unwrap_or(1)) }
}
