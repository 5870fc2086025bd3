//! The server from its settings to its end: opens what it needs in order, keeps its loops going, goes down in order.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use smol_str::SmolStr;
use tokio::task::JoinHandle;

use super::current::Current;
use super::disk::{self, Disk};
use super::door::Door;
use super::early::Early;
use super::flood::Flood;
use super::flows;
use super::health::Backlog;
use super::ingress::Met;
use super::inward::Inward;
use super::outward::Outward;
use super::polls::Polls;
use super::webhooks_off::Off;
use super::{Server, levers, rounds, router};
use crate::adapter::Systems;
use crate::adapter::rest::Rest;
use crate::channel::whatsapp::client::{self, ClientError, Graph};
use crate::config::{Config, Database, Environment, FilesPlace, Mistake};
use crate::egress::{Egress, EgressError, Policy};
use crate::files::{Files, FilesError};
use crate::handoff::Poster;
use crate::host::calls::DemoAdapter;
use crate::host::clock::{Clock, SystemClock};
use crate::host::marks::Marks;
use crate::host::mint::{Mint, NoRandomness};
use crate::host::outbox::PaceLimits;
use crate::host::parts::Parts;
use crate::host::points::Points;
use crate::host::serve::{Serving, Ways};
use crate::host::{self, Host};
use crate::ops::notices;
use crate::payments::Cashier;
use crate::payments::demo::DemoProvider;
use crate::payments::token::Seal;
use crate::shops::{self, Registry, Reloaded};
use crate::store::{self, Fails, Store};

/// How long a database that does not answer at the start is left alone, at first and at most.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
const MOST_BETWEEN_TRIES: Duration = Duration::from_secs(8);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Settings(#[from] Mistake),
    #[error(transparent)]
    Shops(#[from] shops::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("nothing can listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("there is no key for pay links")]
    NoSeal,
    #[error("the way to the shops' systems and people: {0}")]
    Egress(#[from] EgressError),
    #[error("something went wrong inside Duka itself while the server started; please report it")]
    Panicked,
}

/// What is around a server and may outlive it, where one is tried out and begun again in the same process.
#[derive(Clone, Default)]
pub struct Around {
    pub clock: Arc<SystemClock>,
    pub demo: Arc<DemoAdapter>,
}

/// A server that answers.
pub struct Running {
    pub address: SocketAddr,
    pub server: Arc<Server>,
    /// The wall clock, which goes ahead where a server is tried out.
    pub clock: Arc<SystemClock>,
    door: JoinHandle<()>,
    /// What looks on beside the work.
    beside: Parts,
    serving: Serving,
}

/// Why a process must end by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the disk has refused a commit: the next process opens the database again")]
    Disk,
    #[error("a part of the server has ended: the next process begins all of them")]
    Part,
}

/// Opens the database that the settings name.
///
/// # Errors
/// It can not be opened, or is in use.
pub async fn open_store(database: &Database) -> Result<Store, StartError> {
    match database {
        Database::Memory => Ok(Store::memory()),
        Database::Sqlite(path) => Ok(Store::sqlite(path).await?),
        Database::Postgres(url) => Ok(Store::postgres(url).await?),
    }
}

/// The same for a server, which a database that is away for a while does not end (F42).
async fn open_when_there(database: &Database, fails: Fails) -> Result<Store, StartError> {
    if let Database::Sqlite(path) = database {
        return Ok(Store::sqlite_that(fails, path).await?);
    }
    let mut pause = BETWEEN_TRIES;
    loop {
        match open_store(database).await {
            Err(StartError::Store(error @ store::Error::Away(_))) => {
                let in_s = pause.as_secs();
                tracing::warn!(%error, in_s, "not started yet: the database is tried again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MOST_BETWEEN_TRIES);
            }
            opened => return opened,
        }
    }
}

/// Starts. Troubles with shops that are served as they were are handed back.
///
/// # Errors
/// The first thing that is missing or wrong.
pub async fn start(
    config: Config,
    environment: &impl Environment,
    figures: Option<PrometheusHandle>,
) -> Result<(Running, Reloaded), StartError> {
    start_within(config, environment, figures, Around::default()).await
}

/// The same with what is around it.
///
/// # Errors
/// The first thing that is missing or wrong.
pub async fn start_within(
    config: Config,
    environment: &impl Environment,
    figures: Option<PrometheusHandle>,
    Around { clock, demo }: Around,
) -> Result<(Running, Reloaded), StartError> {
    clock.set_ahead(config.clock_ahead_ms);
    // Before a database is made for nothing, or one that is away is waited for.
    shops::find(&config.shops).map_err(|error| shops::Error::Trouble(error.into()))?;
    let store = open_when_there(&config.database, fails(environment)).await?;
    let (registry, reloaded) = Registry::open(&config, environment, store.clone(), clock.now_ms()).await?;
    let registry = Arc::new(registry);
    let limits = limits(&config);
    let graph = graph(&config, &limits)?;
    let files = open_files(&config.files.place)?.with_room(config.files.per_shop);
    let current = Current { registry: Arc::clone(&registry), store: store.clone(), graph: graph.clone() };
    let egress = Egress::new(Policy { development: config.development, operators: false })?;
    let rest = Rest::new(egress.clone());
    let (marks, told) = Marks::open();
    let host = Host::new(store, clock.clone(), Mint::random()?, Arc::clone(&registry.shops), limits);
    let host = Arc::new(Host { points: points(environment), marks, ..host });
    let cashier = Arc::new(cashier(&config, &host, egress.clone()).await?);
    let adapter = Systems::new(rest.clone(), Arc::clone(&cashier), Arc::clone(&host), Arc::clone(&demo));
    let (door, address) = open_door(&config).await.map_err(|error| StartError::Listen(config.listen, error))?;
    let ways = Ways {
        transport: Outward::new(Arc::clone(&registry), &host, graph.clone(), files.clone(), Arc::clone(&cashier)),
        adapter,
        fetch: Inward::new(Arc::clone(&registry), graph.clone()),
        files: files.clone(),
    };
    let serving = Serving::begin(Arc::clone(&host), ways, is_alone(&config.database)).await?;
    let desk = serving.desk();
    let beside = Parts::default();
    let stop = beside.until();
    let people = Egress::new(Policy { development: config.development, operators: true })?;
    let poster = Poster::new(Arc::clone(&host), Arc::clone(&registry), people, files.clone());
    beside.begin("poster", poster.run(stop.clone()));
    beside.begin("cashier", Arc::clone(&cashier).run(stop.clone()));
    beside.begin("notices", notices::announce(Arc::clone(&host), stop.clone()));
    beside.begin("marks", super::marks::show(told, Arc::clone(&registry), graph.clone(), stop.clone()));
    let flows_keys = flows::keys(&config)?;
    let disk = watched(&config, &beside);
    check_beside(&host.store);
    let flood = Flood::new(config.limits.per_shop, config.limits.per_customer);
    let server = Arc::new(Server {
        config,
        registry,
        host,
        desk,
        files,
        draining: AtomicBool::new(false),
        flood,
        flows_keys,
        disk,
        rest,
        met: Met::default(),
        cashier,
        polls: Polls::default(),
        off: Off::default(),
        early: Early::default(),
        places: super::reconcile::Places::default(),
        figures,
        backlog: Backlog::default(),
    });
    server.cashier.serve(&server);
    rounds::begin(&server, &beside);
    let door = tokio::spawn(beside.watched("door", door.serve(routes(&server, demo, egress), stop.clone())));
    beside.begin("health", current.keep(stop));
    Ok((Running { address, door, beside, serving, server, clock }, reloaded))
}

/// Whether no other process can be on the database.
fn is_alone(database: &Database) -> bool {
    match database {
        Database::Memory | Database::Sqlite(_) => true,
        Database::Postgres(_) => false,
    }
}

async fn open_door(config: &Config) -> io::Result<(Door, SocketAddr)> {
    let door = Door::open(config.listen, config.limits).await?;
    let address = door.address()?;
    Ok((door, address))
}

/// All that is answered; in development the levers of the demo shop and the demo provider of payments as well.
fn routes(server: &Arc<Server>, demo: Arc<DemoAdapter>, egress: Egress) -> Router {
    let routes = router(Arc::clone(server));
    if !server.config.development {
        return routes;
    }
    let routes = routes.merge(levers::router(Arc::clone(server), demo));
    match server.config.payments.url.clone() {
        Some(public) => routes.merge(Arc::new(DemoProvider::new(egress, public)).router()),
        None => routes,
    }
}

/// Who makes pay links. Without a key in the settings, one of the store's seals them: enough for trying out.
async fn cashier(config: &Config, host: &Arc<Host>, egress: Egress) -> Result<Cashier, StartError> {
    let public = config.payments.url.clone().or_else(|| "https://localhost/".parse().ok());
    let public = public.ok_or(StartError::NoSeal)?;
    let keys = if config.payments.keys.is_empty() {
        vec![shops::root_key(&host.store).await?]
    } else {
        config.payments.keys.clone()
    };
    let seal = Seal::new(&keys, public.authority()).map_err(|_| StartError::NoSeal)?;
    Ok(Cashier::new(Arc::clone(host), egress, seal, public))
}

/// The disks, looked at from now on.
fn watched(config: &Config, beside: &Parts) -> Arc<Disk> {
    let disk = Arc::new(Disk::of(config));
    disk.look();
    beside.begin("disk", disk::watch(Arc::clone(&disk), beside.until()));
    disk
}

/// Reads a large database through beside the work, where that would have kept the start waiting (F40). A damaged one ends the
/// process, and is refused from then on. A thread of its own: nobody waits for it at the end.
fn check_beside(store: &Store) {
    gauge!("duka_database_checked").set(f64::from(u8::from(!store.wants_check())));
    if store.wants_check() {
        let store = store.clone();
        std::thread::spawn(move || match store.check() {
            Ok(()) => gauge!("duka_database_checked").set(1.0),
            Err(error) => tracing::error!(%error, "the database is damaged: restore a backup"),
        });
    }
}

/// Where a build for development is told to die or to stand still: `DUKA_STRIKE_AT="kill send.claimed 2"`.
#[cfg(debug_assertions)]
fn points(environment: &impl Environment) -> Points {
    let told = environment.variables().into_iter().find(|(name, _)| name == "DUKA_STRIKE_AT");
    told.and_then(|(_, told)| Points::read(&told)).unwrap_or_default()
}

/// A released server can not be told to die.
#[cfg(not(debug_assertions))]
fn points(_: &impl Environment) -> Points {
    Points::default()
}

/// Where a build for development is told that its disk fails: `DUKA_DISK_FAILS="refused 120"`.
#[cfg(debug_assertions)]
fn fails(environment: &impl Environment) -> Fails {
    let told = environment.variables().into_iter().find(|(name, _)| name == "DUKA_DISK_FAILS");
    told.and_then(|(_, told)| Fails::read(&told)).unwrap_or_default()
}

/// The disk of a released server fails by itself.
#[cfg(not(debug_assertions))]
fn fails(_: &impl Environment) -> Fails {
    Fails::default()
}

fn limits(config: &Config) -> host::Limits {
    host::Limits {
        hold_ms: config.sending.hold_ms,
        answer_ms: config.sending.answer_ms,
        lease_ms: config.sending.answer_ms.saturating_mul(3) / 2,
        window_margin_ms: config.sending.window_margin_ms,
        file_bytes: config.files.largest,
        instance: instance(config),
        pace: PaceLimits {
            throughput: config.sending.per_number,
            pair_burst: NonZeroU32::new(config.sending.per_customer),
            ..PaceLimits::default()
        },
        ..host::Limits::default()
    }
}

/// What tells this process from others on the same database, and is the same after a restart: machine and address.
fn instance(config: &Config) -> SmolStr {
    let machine = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    format!("{} {}", machine.trim(), config.listen).into()
}

/// Opens the place of files that the settings name.
///
/// # Errors
/// It can not be used.
pub fn open_files(place: &FilesPlace) -> Result<Files, FilesError> {
    Ok(match place {
        FilesPlace::Memory => Files::memory(),
        FilesPlace::Folder(folder) => Files::folder(folder),
        FilesPlace::Bucket(bucket) => Files::bucket(bucket)?,
    })
}

/// The way to the Graph API. Its answers are waited for less long than a claim holds.
fn graph(config: &Config, limits: &host::Limits) -> Result<Graph, ClientError> {
    let deadline = Duration::from_millis(limits.answer_ms.unsigned_abs());
    let place = client::Config { deadline, ..client::Config::new(config.graph.url.clone(), &config.graph.version) };
    Graph::new(place)
}

impl Running {
    /// Reads the shops again, and the secrets; sets the clock of a server under development.
    ///
    /// # Errors
    /// The folder of shops can not be read, or the store fails: everything stays as it was.
    pub async fn reload(&self, config: &Config, environment: &impl Environment) -> Result<Reloaded, shops::Error> {
        self.clock.set_ahead(config.clock_ahead_ms);
        let now_ms = self.clock.now_ms();
        let reloaded = self.server.registry.reload(config, environment, now_ms).await;
        let outcome = match &reloaded {
            Ok(Reloaded { changed, troubles, .. }) if troubles.is_empty() && changed.is_empty() => "unchanged",
            Ok(Reloaded { troubles, .. }) if troubles.is_empty() => "changed",
            Ok(_) | Err(_) => "broken",
        };
        metrics::counter!("duka_reloads_total", "outcome" => outcome).increment(1);
        self.server.host.configured.fetch_add(1, Ordering::Relaxed);
        reloaded
    }

    /// Ends when the process must: the disk has refused a commit, and what the database holds is known only after it was
    /// opened again (F37); or a part has ended that was not told to.
    pub async fn broken(&self) -> Broken {
        tokio::select! {
            () = self.server.host.store.broken() => Broken::Disk,
            () = self.serving.lost() => Broken::Part,
            () = self.beside.lost() => Broken::Part,
        }
    }

    /// Lets what is under way end, all of it within the settings' time, and notes that all is in order.
    pub async fn stop(self) {
        let since_ms = self.clock.now_ms();
        let until = tokio::time::Instant::now() + Duration::from_millis(self.server.config.limits.drain_ms);
        self.server.draining.store(true, Ordering::Relaxed);
        self.beside.stop();
        self.serving.stop();
        // The door has its own patience; this is the net below it.
        let _ = tokio::time::timeout_at(until + Duration::from_secs(1), self.door).await;
        // All of it, so that none still looks on while its runtime goes.
        let _ = tokio::time::timeout_at(until + Duration::from_secs(1), self.beside.ended()).await;
        let clean = !self.beside.is_lost();
        // The writer ends when nobody can bring it anything any more.
        drop(self.server);
        if let Err(error) = self.serving.end(since_ms, until, clean).await {
            tracing::error!(%error, "the end could not be noted: the next start will be careful");
        }
    }
}
