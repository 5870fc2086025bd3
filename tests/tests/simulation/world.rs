//! One run: customers, a provider that fails, a network that delays, copies and swaps, one or two server processes that
//! die; in an order that the seed decides. In the end everything is well again, and all must have come out right.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use duka_runtime::dev_graph::{
    Customers, Fault, FaultKind, Graph, Limits as GraphLimits, Number, Plan, Say, Statuses, Telling, Webhook,
};
use duka_runtime::host::Limits;
use duka_runtime::host::clock::ManualClock;
use duka_runtime::host::outbox::PaceLimits;
use duka_runtime::host::points::{Blow, Point, Points};
use duka_runtime::id::SendId;
use duka_runtime::store::Store;

use crate::backend::Backend;
use crate::bugs::Bug;
use crate::chance::{Chance, Tally, Trace};
use crate::process::{Fell, Parts, Plays, Process};
use crate::shopper::Shopper;
use crate::wire::{BOUTIQUE, NUMBERS, SECRET, Shared, Sky};

pub const START_MS: i64 = 1_795_251_600_000;
pub const HOLD_MS: i64 = 30_000;
pub const LEASE_MS: i64 = 30_000;
const ANSWER_MS: i64 = 20_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A webhook on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    pub at_ms: i64,
    pub webhook: Webhook,
    /// Signed by somebody else.
    pub forged: bool,
}

/// What a customer said, and what became of its webhook.
#[derive(Clone, Debug)]
pub struct Said {
    pub customer: usize,
    pub token: String,
    /// Delivery and place in its body when the server first saw it, and when it first said 200.
    pub received: Option<(u64, usize)>,
    pub acknowledged: Option<(u64, usize)>,
}

/// A status that was answered 200.
#[derive(Clone, Debug)]
pub struct Heard {
    pub opaque: String,
    pub wamid: String,
    pub word: String,
}

pub struct World {
    pub seed: u64,
    pub bug: Bug,
    pub sky: Shared,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub chance: Chance,
    pub trace: Trace,
    pub tally: Tally,
    pub processes: Vec<Option<Process>>,
    pub plays: Plays,
    pub backend: Arc<Backend>,
    pub shopper: Shopper,
    /// What the provider does wrong from the beginning of the storm.
    faults: Vec<Fault>,
    pub flights: Vec<Flight>,
    /// By message id.
    pub said: BTreeMap<String, Said>,
    pub statuses: Vec<Heard>,
    /// How many statuses had been answered when an attempt was claimed.
    pub claims: BTreeMap<(SendId, u32), usize>,
    pub customers: Vec<(String, usize)>,
    pub deliveries: u64,
    started: u64,
    pub words: u64,
    /// The wall clock was ever set forward.
    pub jumped: bool,
    /// Hours ever passed at once.
    pub days: bool,
    /// When no process ran, in true time.
    pub down: Vec<(i64, i64)>,
    down_since_ms: Option<i64>,
    /// Attempts whose process died before their end was written down.
    pub forgotten: Vec<(u64, i64)>,
    pub wrongs: Vec<String>,
    pub calm: bool,
}

/// Faults of the provider in this run: each kind with a share, or none.
fn plan(seed: u64, chance: &mut Chance) -> Plan {
    let mut faults = Vec::new();
    for _ in 0..chance.below(5) {
        let kind = FaultKind::ALL[chance.place(FaultKind::ALL.len())];
        let rate = [0.02, 0.1, 0.3, 0.8][chance.place(4)];
        let after_ms = chance.permille(500).then_some(u64::try_from(chance.ms(100, 90_000)).unwrap_or(0));
        faults.push(Fault { after_ms, ..Fault::of_rate(kind, rate) });
    }
    let share = |chance: &mut Chance, permille| if chance.permille(permille) { 0.3 } else { 0.0 };
    let statuses = Statuses {
        off: chance.permille(120),
        twice: share(chance, 400),
        swapped: share(chance, 400),
        batch: [1, 3, 50][chance.place(3)],
        sent_ms: [20, if chance.permille(200) { 20_000 } else { 500 }],
        ..Statuses::default()
    };
    let number = |(id, token): (&str, &str)| Number { id: id.into(), token: token.into(), ..Number::default() };
    Plan {
        seed,
        secret: SECRET.into(),
        faults,
        statuses,
        limits: GraphLimits { templates: false, ..GraphLimits::default() },
        customers: Customers::default(),
        numbers: NUMBERS.map(number).into(),
        ..Plan::default()
    }
}

impl World {
    pub async fn new(seed: u64, bug: Bug, plays: &Plays) -> World {
        let mut chance = Chance::of(seed);
        let clock = Arc::new(ManualClock::at(START_MS));
        let mut plan = plan(seed, &mut chance);
        let faults = std::mem::take(&mut plan.faults);
        let graph = Graph::new(plan);
        let sky = Sky {
            now_ms: START_MS,
            clock: clock.clone(),
            graph,
            chance: Chance::of(seed ^ 0xabcd),
            tally: Tally::default(),
            tried: Vec::new(),
            heard: BTreeMap::new(),
            bug,
            answer_ms: ANSWER_MS,
            no_connection: if chance.permille(200) { 100 } else { 0 },
            wrongs: Vec::new(),
            calm: false,
        };
        let store = match bug {
            Bug::Store(flaw) => Store::flawed(flaw),
            _ => Store::memory(),
        };
        for (number, _) in NUMBERS {
            store.shop(number).await.expect("a scope");
        }
        let customers = 2 + chance.place(3);
        let counting = (0..customers).map(|n| (format!("2547000000{:02}", n / 2), n % 2));
        let shopping = chance.permille(600).then(|| ("254700000090".to_string(), BOUTIQUE));
        let customers = counting.chain(shopping).collect();
        let sky = Shared(Arc::new(Mutex::new(sky)));
        let processes = (0..1 + usize::from(chance.permille(300))).map(|_| None).collect();
        World {
            seed,
            bug,
            backend: Arc::new(Backend::new(sky.clone())),
            sky,
            clock,
            store,
            chance,
            trace: Trace::default(),
            tally: Tally::default(),
            processes,
            plays: plays.clone(),
            shopper: Shopper::default(),
            faults,
            flights: Vec::new(),
            said: BTreeMap::new(),
            statuses: Vec::new(),
            claims: BTreeMap::new(),
            customers,
            deliveries: 0,
            started: 0,
            words: 0,
            jumped: false,
            days: false,
            down: Vec::new(),
            down_since_ms: Some(START_MS),
            forgotten: Vec::new(),
            wrongs: Vec::new(),
            calm: false,
        }
    }

    pub fn now_ms(&self) -> i64 {
        self.sky.lock().now_ms
    }

    pub fn pass(&mut self, ms: i64) {
        self.sky.lock().pass(ms);
    }

    /// The whole run.
    pub async fn run(&mut self) {
        self.begin().await;
        for _ in 0..260 {
            self.step().await;
        }
        self.calm_down().await;
    }

    /// Every customer has said hello before the storm.
    async fn begin(&mut self) {
        self.calm = true;
        for place in 0..self.processes.len() {
            self.start(place).await;
        }
        for (phone, number) in self.customers.clone() {
            let telling = Telling { number: NUMBERS[number].0.into(), ..Telling::default() };
            let webhook = {
                let mut sky = self.sky.lock();
                sky.heard.insert(format!("{phone} {number}"), START_MS);
                sky.graph
                    .customer(START_MS, &phone, &Say::Text("hello".into()), &telling)
                    .expect("a customer can write")
            };
            self.receive(0, &webhook).await;
        }
        self.stroll().await;
        for fault in std::mem::take(&mut self.faults) {
            self.sky.lock().graph.add_fault(fault);
        }
        self.calm = false;
    }

    fn limits(&self) -> Limits {
        let limits = Limits { hold_ms: HOLD_MS, lease_ms: LEASE_MS, answer_ms: ANSWER_MS, ..Limits::default() };
        match self.bug {
            Bug::NoPatience => Limits { hold_ms: 0, ..limits },
            Bug::WindowIgnored => Limits { window_margin_ms: -100 * HOUR_MS, ..limits },
            Bug::TierIgnored => Limits { pace: PaceLimits { tier_share: 100_000, ..limits.pace }, ..limits },
            _ => limits,
        }
    }

    /// Starts what is down, sometimes with a place at which it will die.
    pub async fn start(&mut self, place: usize) {
        let point = Point::ALL[self.chance.place(Point::ALL.len())];
        let is_call = matches!(point, Point::CallClaimed | Point::CallAnswered);
        let after = u32::try_from(self.chance.below(if is_call { 3 } else { 12 })).unwrap_or(0);
        let is_doomed = !self.calm && self.chance.permille(600);
        let points = if is_doomed { Points::armed(point, Blow::Error, after) } else { Points::default() };
        self.started += 1;
        let alone = self.processes.len() == 1;
        let limits = Limits { instance: place.to_string().into(), ..self.limits() };
        let parts = Parts {
            store: &self.store,
            plays: &self.plays,
            backend: &self.backend,
            clock: &self.clock,
            sky: &self.sky,
            points,
            limits,
            bug: self.bug,
            seed: self.seed,
        };
        match Process::start(self.started, parts, alone).await {
            Ok(process) => self.processes[place] = Some(process),
            Err(fell) => self.wrongs.push(format!("a process does not start: {fell:?}")),
        }
        if let Some(since) = self.down_since_ms.take() {
            self.down.push((since, self.now_ms()));
        }
        self.trace.line(|| format!("start {place}"));
    }

    /// A process is gone, with all that it had in memory.
    pub fn die(&mut self, place: usize, why: &str) {
        let Some(process) = self.processes[place].take() else { return };
        self.forgotten.push((process.id, self.now_ms()));
        self.tally.count(format!("crash: {why}"));
        self.trace.line(|| format!("die {place} {why}"));
        if self.processes.iter().all(Option::is_none) {
            self.down_since_ms = Some(self.now_ms());
        }
    }

    /// A process that was struck is dead; a store that refuses is a wrong by itself.
    pub fn outcome<T: std::fmt::Debug>(&mut self, place: usize, what: &str, result: Result<T, Fell>) -> Option<T> {
        match result {
            Ok(value) => {
                self.trace.line(|| format!("{what} {value:?}"));
                Some(value)
            }
            Err(Fell::Struck) => {
                let points = self.processes[place].as_ref().map(|process| process.host.points.clone());
                let name = points.map(|points| format!("{points:?}")).unwrap_or_default();
                let name = Point::ALL.iter().find(|point| name.contains(&format!("{point:?}")));
                self.die(place, name.map_or("unknown point", |point| point.name()));
                None
            }
            Err(Fell::Refused(why)) => {
                self.wrongs.push(format!("the store refused: {why}"));
                self.die(place, "refused");
                None
            }
        }
    }

    async fn step(&mut self) {
        self.gather();
        let place = self.chance.place(self.processes.len());
        if self.processes[place].is_none() {
            let wait = if self.processes.len() == 1 { self.chance.ms(1, 60_000) } else { self.chance.ms(1, 2_000) };
            self.pass(wait);
            self.start(place).await;
            return;
        }
        match self.chance.below(1_000) {
            0..110 => self.speak().await,
            110..400 => self.deliver().await,
            400..800 => self.serve(place).await,
            800..930 => {
                let ms = self.chance.ms(1, 2_500);
                self.pass(ms);
            }
            930..942 => {
                let ms = [self.chance.ms(MINUTE_MS, 20 * MINUTE_MS), self.chance.ms(HOUR_MS, 26 * HOUR_MS)];
                let which = usize::from(self.chance.permille(250));
                self.days |= which == 1;
                self.write_down().await;
                self.pass(ms[which]);
                self.note_time().await;
                self.tally.count("fault: a long time passes");
            }
            942..950 => self.jump().await,
            950..960 => self.die(place, "killed"),
            960..968 => self.go_down(place).await,
            968..976 if self.processes.len() > 1 => {
                let until = self.now_ms() + self.chance.ms(1_000, 3 * LEASE_MS);
                if let Some(process) = &mut self.processes[place] {
                    process.stopped_until_ms = until;
                    self.tally.count("fault: a process stands still");
                }
            }
            _ => self.molest(),
        }
    }

    /// A process is asked to end, and takes its time. It hears nothing meanwhile.
    async fn go_down(&mut self, place: usize) {
        let (since_ms, from_ms) = (duka_runtime::host::clock::Clock::now_ms(&*self.clock), self.now_ms());
        if let Some(process) = &mut self.processes[place] {
            process.stopped_until_ms = i64::MAX;
        }
        for _ in 0..self.chance.below(4) {
            let slow_ms = self.chance.ms(1_000, 20_000);
            self.pass(slow_ms);
            self.gather();
            for _ in 0..3 {
                self.deliver().await;
            }
        }
        if let Some(process) = &self.processes[place] {
            let ended = process.end(since_ms).await;
            self.outcome(place, "end", ended);
        }
        self.die(place, "asked to end");
        if self.down_since_ms.is_some() {
            self.down_since_ms = Some(from_ms);
        }
    }

    /// One thing that a process does by itself.
    async fn serve(&mut self, place: usize) {
        let now_ms = self.now_ms();
        let which = self.chance.below(100);
        let Some(mut process) = self.processes[place].take() else { return };
        if process.stopped_until_ms > now_ms {
            self.processes[place] = Some(process);
            return;
        }
        let (what, result) = match which {
            0..30 => ("claim", process.claim().await),
            30..60 => ("attempt", process.attempt().await.map(usize::from)),
            60..78 => ("settle", process.settle().await),
            78..86 => ("work", process.work().await),
            86..94 => ("call", process.call().await),
            94..98 => ("hold", process.hold().await),
            _ => ("note", process.note().await.map(|()| 0)),
        };
        self.note_claims(&mut process);
        self.processes[place] = Some(process);
        self.outcome(place, what, result);
    }

    /// Processes that run note the time every few moments; here, when it has changed much.
    /// What has ended is written down at once: nobody who is up keeps it to themselves for long.
    async fn write_down(&mut self) {
        for place in 0..self.processes.len() {
            if !self.is_up(place, self.now_ms()) {
                continue;
            }
            if let Some(mut process) = self.processes[place].take() {
                let settled = process.settle().await;
                self.processes[place] = Some(process);
                self.outcome(place, "settle", settled);
            }
        }
    }

    async fn note_time(&mut self) {
        for place in 0..self.processes.len() {
            if self.is_up(place, self.now_ms())
                && let Some(process) = &self.processes[place]
            {
                let noted = process.note().await;
                self.outcome(place, "note", noted);
            }
        }
    }

    pub fn note_claims(&mut self, process: &mut Process) {
        let known = self.statuses.len();
        self.claims.extend(process.claimed.drain(..).map(|claim| (claim, known)));
    }

    pub fn is_up(&self, place: usize, now_ms: i64) -> bool {
        self.processes[place].as_ref().is_some_and(|process| process.stopped_until_ms <= now_ms)
    }

    /// The wall clock is set, by hand or by NTP.
    async fn jump(&mut self) {
        let ms = [-HOUR_MS, -5 * MINUTE_MS, -2_000, 2_000, 10 * MINUTE_MS, HOUR_MS][self.chance.place(6)];
        self.jumped |= ms > 0;
        self.clock.jump(ms);
        self.trace.line(|| format!("jump {ms}"));
        self.note_time().await;
        self.tally.count(if ms > 0 { "fault: the clock jumps forward" } else { "fault: the clock jumps back" });
    }

    /// Nothing goes wrong any more, and everything comes to its end.
    async fn calm_down(&mut self) {
        self.calm = true;
        {
            let mut sky = self.sky.lock();
            for (fault, hits) in sky.graph.counts().by_fault.clone() {
                let what = format!("fault: graph {}", fault.name());
                *sky.tally.counts.entry(what).or_default() += hits;
            }
            sky.graph.clear_faults();
            (sky.no_connection, sky.calm) = (0, true);
        }
        for place in 0..self.processes.len() {
            self.die(place, "end of the storm");
            self.start(place).await;
        }
        let mut idle = 0;
        for _ in 0..2_000 {
            self.gather();
            let before = self.deliveries;
            self.tell().await;
            while self.flights.iter().any(|flight| flight.at_ms <= self.now_ms()) {
                self.deliver().await;
            }
            let mut done = self.deliveries - before;
            for place in 0..self.processes.len() {
                let Some(mut process) = self.processes[place].take() else { continue };
                let result = settle_all(&mut process).await;
                self.note_claims(&mut process);
                self.processes[place] = Some(process);
                done += self.outcome(place, "all", result).unwrap_or(0);
            }
            idle = if done == 0 { idle + 1 } else { 0 };
            if idle > 3 && self.flights.is_empty() && self.shopper.news.is_empty() && self.is_at_rest().await {
                return;
            }
            let ms = if done == 0 { (1_000 << idle.min(10)).min(10 * MINUTE_MS) } else { 500 };
            self.pass(ms);
        }
    }

    async fn is_at_rest(&self) -> bool {
        self.sky.lock().graph.waiting() == 0 && self.open().await == 0
    }

    /// How much is left to be done.
    pub async fn open(&self) -> u64 {
        let mut open = 0;
        for shop in crate::process::scopes() {
            let mut tx = self.store.begin(shop).await.expect("a transaction");
            let counts = tx.counts(shop).await.expect("counts");
            open += counts.inbox + counts.waiting + counts.ready + counts.sending + counts.unknown + counts.calls;
        }
        open
    }
}

pub async fn settle_all(process: &mut Process) -> Result<u64, Fell> {
    let mut done = process.work().await?;
    done += process.call().await?;
    done += process.hold().await?;
    done += process.claim().await?;
    while process.attempt().await? {
        done += 1;
    }
    process.settle().await?;
    process.note().await?;
    Ok(done as u64)
}
