//! The shops that a host serves, as it needs them: programs by revision, and what a new conversation begins with.
//! Reads no file; who loads shops hands them in, and again when they have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use duka_engine::program::Program;
use duka_engine::session::{ConsentState, Revision, Session, Snapshot};
use duka_engine::simulate::World;
use duka_engine::step::Forms;
use duka_engine::value::Value;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Value as Json, json};
use smol_str::SmolStr;
use tokio::sync::watch;

use crate::adapter::rest::Backend;
use crate::id::ShopScope;
use crate::payments::Till;

/// Whose limit of new customers a day a shop's messages count against: the vendor counts over all numbers of a portfolio.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Portfolio {
    Shared(SmolStr),
    Alone(ShopScope),
}

/// Older programs that a shop is kept with in memory, and newer ones; others are looked up when they are met.
const MOST_KEPT: usize = 64;

/// Revisions of a shop that are known to be gone.
const MOST_GONE: usize = 1_024;

/// Programs that may be wanted at once: half of what is kept, so that those of one look are still there for their turns.
const MOST_WANTED: usize = MOST_KEPT / 2;

/// One shop, immutable; a change makes a new one.
#[derive(Clone, Debug)]
pub struct Shop {
    pub scope: ShopScope,
    pub slug: SmolStr,
    /// The newest revision.
    pub program: Arc<Program>,
    /// Revisions that conversations may still be on.
    pub older: Vec<Arc<Program>>,
    /// Revisions that another process has published after the newest of this one.
    newer: Vec<Arc<Program>>,
    /// Revisions that nothing is left of.
    gone: BTreeSet<Revision>,
    /// The demo backend's content; [`Json::Null`] for a shop without one.
    pub fixture: Json,
    /// The shop's own systems.
    pub backends: Vec<Backend>,
    /// The contracts and operations that the demo answers; `None`: all that are no backend's.
    pub by_demo: Option<Arc<BTreeSet<SmolStr>>>,
    /// Customers' bags are kept here, and not by the shop's own system.
    pub keeps_bags: bool,
    /// How orders are paid; `None`: as its systems say, or the demo.
    pub till: Option<Arc<Till>>,
    /// People are told of conversations that are handed over.
    pub people: bool,
    pub portfolio: Portfolio,
    /// Which of the server's apps it uses: its calls count against that one's limit.
    pub app: usize,
    /// By program, the forms that are published.
    forms: Vec<(Revision, Forms)>,
    /// What new conversations begin with.
    opening: Session,
    timezone: TimeZone,
}

impl Shop {
    pub fn new(
        scope: ShopScope,
        slug: SmolStr,
        program: Arc<Program>,
        older: Vec<Arc<Program>>,
        fixture: Json,
    ) -> Shop {
        let opening = opening(&program, &fixture);
        let timezone = TimeZoneDatabase::bundled().get(&program.shop.profile.timezone).unwrap_or(TimeZone::UTC);
        let (backends, portfolio) = (Vec::new(), Portfolio::Alone(scope));
        Shop {
            scope,
            slug,
            program,
            older,
            newer: Vec::new(),
            gone: BTreeSet::new(),
            fixture,
            backends,
            by_demo: None,
            keeps_bags: false,
            till: None,
            people: false,
            portfolio,
            app: 0,
            forms: Vec::new(),
            opening,
            timezone,
        }
    }

    /// The same with systems of its own.
    pub fn with_backends(self, backends: Vec<Backend>) -> Shop {
        Shop { backends, ..self }
    }

    /// The same with forms that are published, of each program for which there are any.
    pub fn with_forms(self, forms: Vec<(Revision, Forms)>) -> Shop {
        Shop { forms, ..self }
    }

    /// The forms of a program that customers are shown as forms.
    pub fn forms(&self, revision: Revision) -> Forms {
        let found = self.forms.iter().find(|(known, _)| *known == revision);
        found.map(|(_, forms)| forms.clone()).unwrap_or_default()
    }

    /// Minutes since midnight where the shop is.
    pub fn minute_of_day(&self, at_ms: i64) -> u16 {
        let utc = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let seconds = at_ms.div_euclid(1_000) + i64::from(self.timezone.to_offset(utc).seconds());
        u16::try_from(seconds.rem_euclid(86_400) / 60).unwrap_or(0)
    }

    /// When the day began that it is where the shop is, ms since 1970.
    pub fn day_began_ms(&self, at_ms: i64) -> i64 {
        let now = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let began = now.to_zoned(self.timezone.clone()).start_of_day();
        began.map_or(at_ms, |began| began.timestamp().as_millisecond())
    }

    pub fn revision(&self, revision: Revision) -> Option<&Arc<Program>> {
        let all = std::iter::once(&self.program).chain(&self.older).chain(&self.newer);
        all.into_iter().find(|program| program.revision == revision)
    }

    /// What is known of a revision that is not the newest here; `None`: it is to be looked up.
    pub fn met(&self, revision: Revision) -> Option<Met<'_>> {
        let among = |programs: &'_ [Arc<Program>]| programs.iter().position(|program| program.revision == revision);
        if let Some(program) = among(&self.older).and_then(|at| self.older.get(at)) {
            return Some(Met::Older(program));
        }
        if let Some(program) = among(&self.newer).and_then(|at| self.newer.get(at)) {
            return Some(Met::Newer(program));
        }
        self.gone.contains(&revision).then_some(Met::Gone)
    }

    /// The same with what was found of a revision; the longest known makes room for it.
    pub fn with(&self, found: Found) -> Shop {
        let mut shop = self.clone();
        let push = |programs: &mut Vec<Arc<Program>>, program| {
            programs.drain(..(programs.len() + 1).saturating_sub(MOST_KEPT));
            programs.push(program);
        };
        match found {
            Found::Older(program) => push(&mut shop.older, program),
            Found::Newer(program) => push(&mut shop.newer, program),
            Found::Gone(revision) => {
                if shop.gone.len() >= MOST_GONE {
                    shop.gone.pop_first();
                }
                shop.gone.insert(revision);
            }
        }
        shop
    }

    /// The session of a customer who has never written.
    pub fn open(&self, channel: &str, customer_key: SmolStr) -> Session {
        Session { channel: channel.into(), customer_key, ..self.opening.clone() }
    }

    /// Puts what a new program says of the shop into a session that has moved to it (ruling 10).
    pub fn refresh(&self, session: &mut Session) {
        session.shop = self.opening.shop.clone();
        if session.customer.value == Value::None {
            session.customer = self.opening.customer.clone();
        }
    }

    /// Puts the name of the customer's profile into the snapshot of `customer`. `false`: it is there already, or has no
    /// place.
    pub fn name_customer(program: &Program, session: &mut Session, name: &str, now_ms: i64) -> bool {
        let Some(record) = program.shop.known_records.customer else { return false };
        let Some(record) = program.shop.records.get(usize::from(record.0)) else { return false };
        let Value::Record(fields) = &session.customer.value else { return false };
        let first = name.split_whitespace().next().unwrap_or(name);
        let mut changed: Option<Vec<Value>> = None;
        for (field, wanted) in [("first_name", first), ("name", name)] {
            let Some((at, _)) = record.field(field) else { continue };
            let at = usize::from(at);
            if fields.get(at).is_some_and(|known| matches!(known, Value::Text(text) if text == wanted)) {
                continue;
            }
            let fields = changed.get_or_insert_with(|| fields.to_vec());
            if let Some(place) = fields.get_mut(at) {
                *place = Value::Text(wanted.into());
            }
        }
        let Some(fields) = changed else { return false };
        session.customer = Snapshot { value: Value::Record(fields.into()), read_at_ms: now_ms };
        true
    }
}

/// What is known of a revision.
#[derive(Clone, Copy, Debug)]
pub enum Met<'a> {
    Older(&'a Arc<Program>),
    Newer(&'a Arc<Program>),
    Gone,
}

/// What a look at what was published has found of a revision.
#[derive(Clone, Debug)]
pub enum Found {
    /// Published before the newest here: conversations move on from it.
    Older(Arc<Program>),
    /// Published after it, by a process with newer files: conversations stay on it, or they would go back and forth.
    Newer(Arc<Program>),
    /// Its files are gone, or mean nothing any more.
    Gone(Revision),
}

fn opening(program: &Program, fixture: &Json) -> Session {
    let shop = &program.shop;
    // Of the fixture only the shop counts: the customer is a real one, and has consented to nothing.
    let known = json!({ "shop": fixture.get("shop"), "customer": { "first_name": "" } });
    let mut session = Session { revision: program.revision, ..Session::default() };
    World::new(program, &known).prepare(program, &mut session, 0);
    session.language = SmolStr::default();
    session.consents = vec![ConsentState::default(); shop.consents.len()];
    session
}

/// All shops of a host; replaced as a whole.
#[derive(Debug, Default)]
pub struct Shops {
    // Read once a batch, written when flows are reloaded.
    shops: RwLock<Arc<BTreeMap<ShopScope, Arc<Shop>>>>,
    /// What turns were in want of.
    wanted: watch::Sender<BTreeSet<(ShopScope, Revision)>>,
}

impl Shops {
    pub fn of(shops: impl IntoIterator<Item = Shop>) -> Shops {
        let known = Shops::default();
        known.replace(shops);
        known
    }

    pub fn replace(&self, shops: impl IntoIterator<Item = Shop>) {
        let shops = shops.into_iter().map(|shop| (shop.scope, Arc::new(shop))).collect();
        *self.shops.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shops);
    }

    /// A turn was in want of this program. With too many it asks again.
    pub(super) fn want(&self, scope: ShopScope, revision: Revision) {
        let want = |wanted: &mut BTreeSet<_>| wanted.len() < MOST_WANTED && wanted.insert((scope, revision));
        self.wanted.send_if_modified(want);
    }

    /// Changes when turns are in want of programs.
    pub fn wanted(&self) -> watch::Receiver<BTreeSet<(ShopScope, Revision)>> {
        self.wanted.subscribe()
    }

    pub(super) fn take_wanted(&self) -> BTreeSet<(ShopScope, Revision)> {
        let mut taken = BTreeSet::new();
        self.wanted.send_if_modified(|wanted| {
            taken = std::mem::take(wanted);
            false
        });
        taken
    }

    /// Keeps what was found of a revision when `newest` was the shop's own.
    pub(super) fn keep(&self, scope: ShopScope, newest: Revision, found: Found) {
        let mut shops = self.shops.write().unwrap_or_else(PoisonError::into_inner);
        let Some(shop) = shops.get(&scope).filter(|shop| shop.program.revision == newest) else { return };
        let shop = Arc::new(shop.with(found));
        Arc::make_mut(&mut shops).insert(scope, shop);
    }

    /// The shops as they are now, for the length of one batch.
    pub fn now(&self) -> Arc<BTreeMap<ShopScope, Arc<Shop>>> {
        Arc::clone(&self.shops.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The shops that share a portfolio.
    pub fn of_portfolio(&self, portfolio: &Portfolio) -> Vec<ShopScope> {
        self.now().values().filter(|shop| shop.portfolio == *portfolio).map(|shop| shop.scope).collect()
    }

    pub fn shop(&self, scope: ShopScope) -> Option<Arc<Shop>> {
        self.now().get(&scope).cloned()
    }
}
