//! All parts of `duka dev` and how they are begun: settings for a server with nothing real around it, the stand-ins, the
//! phones, and what is known of each shop as it lies on disk.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smol_str::SmolStr;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answers::{Refused, Why};
use super::checks::Checks;
use super::inner::{Inner, Variables};
use super::map::Uncovered;
use super::phones::{Change, Phone, Phones};
use super::shop::{self, View};
use super::stream::Stream;
use super::{DevError, Options, kept, products, reload, watching};
use crate::config::{self, Config};
use crate::dev_graph::server as graph;
use crate::dev_graph::{Plan, Seen, Telling, Webhook};
use crate::egress::{Egress, Policy};
use crate::host::clock::{Clock, SystemClock};
use crate::payments::demo::DemoProvider;
use crate::server::run::{Around, StartError};
use crate::shops::{self, Trouble, Watch};

/// Signs webhooks between two parts of one process; protects nothing.
const SECRET: &str = "the stand-in and the server of duka dev";
/// Webhooks of customers that can be brought again.
const MOST_BROUGHT: usize = 20;

pub struct House {
    /// As it was named.
    pub folder: PathBuf,
    pub data: PathBuf,
    pub address: SocketAddr,
    pub inner: Inner,
    pub graph: graph::Running,
    pub money: Arc<DemoProvider>,
    pub around: Around,
    pub stream: Stream,
    pub checks: Arc<dyn Checks>,
    /// Something may have changed that the page shows.
    pub changed: Notify,
    /// Files were read again, and are to be judged.
    pub read: Notify,
    pub variables: Variables,
    // None of these is held across a wait.
    config: Mutex<Config>,
    phones: Mutex<Phones>,
    views: Mutex<Vec<View>>,
    brought: Mutex<Vec<(SmolStr, Webhook)>>,
    /// By shop, what the last search has found.
    uncovered: Mutex<BTreeMap<String, Uncovered>>,
    /// Shops whose files are not what runs.
    broken: Mutex<Vec<SmolStr>>,
    /// Held while the page is told how the systems of shops are made to be.
    pub telling: Mutex<()>,
    /// One reload at a time.
    pub reloading: tokio::sync::Mutex<()>,
}

impl House {
    /// Starts what stands in for everything outside. The server itself is begun by [`House::begin`].
    pub async fn open(options: Options, address: SocketAddr) -> Result<Arc<House>, DevError> {
        let Options { shop: folder, data, checks, .. } = options;
        let found = shops::find(&folder)?;
        let place = |folder: &PathBuf| folder.canonicalize().ok();
        let own = place(&data).filter(|data| {
            std::iter::once(&folder)
                .chain(found.iter().map(|(_, shop)| shop))
                .any(|own| place(own).as_ref() == Some(data))
        });
        if own.is_some() {
            return Err(DevError::Within(data));
        }
        kept::claim(&data)?;
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let listen = free.map_err(|error| DevError::Port(0, error))?;
        let seed = u64::try_from(SystemClock::default().now_ms()).unwrap_or(0);
        let options = graph::Options {
            listen: ([127, 0, 0, 1], 0).into(),
            callback: Some(format!("http://{listen}/webhooks/whatsapp")),
            journal: None,
            plan: Plan { secret: SECRET.to_string(), seed, ..Plan::default() },
        };
        let graph = graph::start(options).await?;
        graph.with(|graph| graph.keep_files(&data.join(SENT))).map_err(DevError::Data)?;
        let variables = variables(&folder, &data, (listen, graph.address, address));
        let mut config = config::load(None, &variables)?;
        config.stood_in = true;
        config.shops.clone_from(&folder);
        let public = format!("http://{address}/").parse().map_err(|_| DevError::Start(StartError::NoSeal))?;
        let money = DemoProvider::new(Egress::new(Policy { development: true, operators: false })?, public);
        let written = std::fs::read_to_string(data.join(PHONES)).unwrap_or_default();
        let kept = kept::read(&data);
        let around = Around::default();
        around.demo.remember(kept.shop);
        money.remember(kept.money);
        config.clock_ahead_ms = kept.ahead_ms;
        around.clock.set_ahead(kept.ahead_ms);
        graph.set_ahead(kept.ahead_ms);
        Ok(Arc::new(House {
            folder,
            address,
            inner: Inner::default(),
            graph,
            money: Arc::new(money),
            around,
            stream: Stream::new(),
            checks,
            changed: Notify::new(),
            read: Notify::new(),
            variables,
            config: Mutex::new(config),
            phones: Mutex::new(Phones::read(&written)),
            views: Mutex::default(),
            brought: Mutex::default(),
            uncovered: Mutex::default(),
            broken: Mutex::default(),
            telling: Mutex::default(),
            reloading: tokio::sync::Mutex::default(),
            data,
        }))
    }

    /// Begins the server, and everything that watches.
    ///
    /// # Errors
    /// The server does not start, and not because of what a shop's files say.
    pub async fn begin(
        self: &Arc<House>,
        watch: Watch,
        stop: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<(), DevError> {
        let (sender, seen) = mpsc::unbounded_channel();
        self.graph.with(|graph| graph.show_to(sender));
        self.look_again().await;
        if let Err(error) = self.start().await
            && !is_of_the_shop(&error)
        {
            return Err(error.into());
        }
        self.hear_again();
        for slug in self.slugs() {
            if !self.phones().list.iter().any(|phone| phone.shop == slug.as_str()) {
                self.add_customer(&slug, None, SmolStr::default());
            }
        }
        tasks.spawn(watching::phones(Arc::clone(self), seen, stop.clone()));
        tasks.spawn(watching::places(Arc::clone(self), stop.clone()));
        tasks.spawn(watching::stand_ins(Arc::clone(self), stop.clone()));
        tasks.spawn(reload::watch(Arc::clone(self), watch, stop.clone()));
        tasks.spawn(reload::judge(Arc::clone(self), stop.clone()));
        Ok(())
    }

    /// Starts the server on what lies on disk.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(&self) -> Result<(), StartError> {
        let config = self.config();
        let reloaded = self.inner.start(&config, &self.variables, &self.around).await?;
        for trouble in &reloaded.troubles {
            tracing::warn!(%trouble, "the shop is served as it was last good");
        }
        self.set_broken(reloaded.kept);
        self.know();
        Ok(())
    }

    /// The shops whose files are not what runs; those that were before.
    pub fn set_broken(&self, now: Vec<SmolStr>) -> Vec<SmolStr> {
        std::mem::replace(&mut *self.broken.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// The shop runs on what its files said before.
    pub fn is_behind(&self, slug: &str) -> bool {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|broken| broken == slug)
    }

    /// Tells the stand-ins of the shops that are served: their numbers and templates.
    pub fn know(&self) {
        let Some(server) = self.inner.server() else { return };
        let routes = server.registry.now();
        for served in &routes.shops {
            let hosted = server.registry.shops.shop(served.scope);
            let templates = hosted.map(|shop| products::templates(&shop.program.shop)).unwrap_or_default();
            let account = served.account.clone().unwrap_or_default();
            // Nobody writes to a number that the shop no longer has.
            self.phones().numbers.retain(|number, slug| *slug != served.slug || served.numbers.contains(number));
            for number in &served.numbers {
                self.graph.with(|graph| graph.know(number, &account, templates.clone()));
                self.phones().numbers.insert(number.clone(), served.slug.clone());
            }
        }
    }

    /// Looks at the shops on disk, findings and all. One that runs and is gone there stays, and says so.
    pub async fn look_again(self: &Arc<House>) {
        let house = Arc::clone(self);
        let views = shop::on_deep_stack(move || shop::views(&house.folder, house.checks.as_ref())).await;
        // Whatever went wrong in looking, the shops are as they were.
        let Some(mut views) = views else { return };
        let routes = self.inner.server().map(|server| server.registry.now());
        for before in self.views() {
            let served = routes.as_ref().and_then(|routes| routes.named(&before.slug));
            match (views.iter_mut().find(|view| view.slug == before.slug), served) {
                // What the file says of its colour may be what is wrong with it.
                (Some(view), _) if self.is_behind(&before.slug) => view.brand = view.brand.take().or(before.brand),
                (None, Some(served)) => views.push(before.gone(&served.folder)),
                (Some(_) | None, _) => {}
            }
        }
        *self.views.lock().unwrap_or_else(PoisonError::into_inner) = views;
    }

    /// The windows that were open when an earlier process ended.
    fn hear_again(&self) {
        let phones = self.phones().clone();
        for phone in &phones.list {
            let last = phone.items.iter().rev().find(|item| item.way == super::phones::Way::In);
            if let (Some(number), Some(last)) = (phones.written_to(&phone.shop, &phone.id), last) {
                self.graph.with(|graph| graph.heard(&number, &phone.id, last.at));
            }
        }
    }

    /// One more; `number`: of the shop's several, the one that they write to.
    pub fn add_customer(&self, shop: &str, name: Option<&str>, number: SmolStr) -> Phone {
        let country = self.view(shop).map(|view| view.country).unwrap_or_default();
        let prefix = phonenumber::metadata::DATABASE.by_id(&country).map_or(254, |known| known.country_code());
        let phone = self.phones().add(shop, (prefix, number), name);
        self.keep_phones();
        phone
    }

    /// Brings what a customer does to the server, as WhatsApp does: again, until it is taken.
    ///
    /// # Errors
    /// What can not be done.
    pub fn brings(&self, shop: &str, customer: &str, message: serde_json::Value) -> Result<(), Refused> {
        let (number, name) = {
            let phones = self.phones();
            let number = phones.written_to(shop, customer);
            (number, phones.phone(shop, customer).map(|phone| phone.name.clone()).unwrap_or_default())
        };
        let number =
            number.ok_or_else(|| Refused::wrong(Why::NotOpen, "The shop does not run yet: its findings say why."))?;
        let telling = Telling { number, name, ..Telling::default() };
        let (now_ms, say) = (self.now_ms(), crate::dev_graph::Say::Raw(message));
        let webhook = self.graph.with(|graph| {
            let webhook = graph.customer(now_ms, customer, &say, &telling)?;
            graph.post(now_ms, webhook.clone());
            Ok::<Webhook, String>(webhook)
        });
        let webhook = webhook.map_err(|why| Refused::wrong(Why::Wrong, why))?;
        let mut brought = self.brought.lock().unwrap_or_else(PoisonError::into_inner);
        brought.push((shop.into(), webhook));
        let too_many = brought.len().saturating_sub(MOST_BROUGHT);
        brought.drain(..too_many);
        Ok(())
    }

    /// The last webhooks of customers of a shop, the newest last.
    pub fn brought(&self, shop: &str) -> Vec<Webhook> {
        let brought = self.brought.lock().unwrap_or_else(PoisonError::into_inner);
        brought.iter().filter(|(of, _)| of == shop).map(|(_, webhook)| webhook.clone()).collect()
    }

    /// The numbers of a shop, each with its digits on a phone.
    pub fn numbers(&self, shop: &str) -> Vec<(SmolStr, String)> {
        let numbers: Vec<SmolStr> = self.phones().numbers_of(shop).cloned().collect();
        let display = |number: SmolStr| {
            let digits = self.graph.with(|graph| graph.display(&number))?;
            Some((number, digits))
        };
        numbers.into_iter().filter_map(display).collect()
    }

    /// The digits of the number that a customer writes to.
    pub fn display(&self, shop: &str, customer: &str) -> String {
        let number = self.phones().written_to(shop, customer);
        number.and_then(|number| self.graph.with(|graph| graph.display(&number))).unwrap_or_default()
    }

    pub fn now_ms(&self) -> i64 {
        self.around.clock.now_ms()
    }

    pub fn phones(&self) -> MutexGuard<'_, Phones> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the phones down, for the next process on the same folder.
    pub fn keep_phones(&self) {
        let text = serde_json::to_string(&*self.phones()).unwrap_or_default();
        if let Err(error) = std::fs::write(self.data.join(PHONES), text) {
            tracing::warn!(%error, "the phones could not be written down");
        }
    }

    pub fn config(&self) -> Config {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets every clock ahead: the server's, the stand-in's, and the one of a server that is begun again.
    pub fn set_ahead(&self, ms: i64) {
        self.config.lock().unwrap_or_else(PoisonError::into_inner).clock_ahead_ms = ms;
        self.around.clock.set_ahead(ms);
        self.graph.set_ahead(ms);
    }

    /// The shops, each with the profile that runs.
    pub fn views(&self) -> Vec<View> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(server) = self.inner.server() else { return views };
        let routes = server.registry.now();
        for view in views.iter_mut().filter(|view| self.is_behind(&view.slug)) {
            let served = routes.named(&view.slug);
            if let Some(hosted) = served.and_then(|served| server.registry.shops.shop(served.scope)) {
                view.run_as(&hosted.program.shop);
            }
        }
        views
    }

    pub fn view(&self, slug: &str) -> Option<View> {
        self.views().into_iter().find(|view| view.slug == slug)
    }

    pub fn slugs(&self) -> Vec<String> {
        self.views().into_iter().map(|view| view.slug.to_string()).collect()
    }

    /// What no test takes, if that was looked for.
    pub fn uncovered(&self, shop: &str) -> Option<Uncovered> {
        self.uncovered.lock().unwrap_or_else(PoisonError::into_inner).get(shop).cloned()
    }

    pub fn set_uncovered(&self, shop: &str, found: Uncovered) {
        self.uncovered.lock().unwrap_or_else(PoisonError::into_inner).insert(shop.to_string(), found);
    }

    /// Tells the page of what changed on the phones.
    pub fn tell(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Item { shop, customer, item } => {
                    self.stream.tell(shop, "item", &serde_json::json!({"customer": customer, "item": item}));
                }
                Change::Typing { shop, customer, on } => {
                    self.stream.tell(shop, "typing", &serde_json::json!({"customer": customer, "on": on}));
                }
            }
        }
    }

    /// Takes in what the stand-in saw.
    pub fn saw(&self, seen: Seen) {
        let server = self.inner.server();
        let dress = |shop: &str, body: &serde_json::Value| products::dress(self, server.as_deref(), shop, body);
        let changes = self.phones().saw(seen, dress);
        self.tell(&changes);
        self.changed.notify_one();
    }
}

/// The folder of the files that went either way.
const SENT: &str = "sent";

/// Where the phones are written down.
const PHONES: &str = "phones.json";

/// Whether the files of a shop say that it can not be served.
pub fn is_of_the_shop(error: &StartError) -> bool {
    matches!(
        error,
        StartError::Shops(shops::Error::Trouble(
            Trouble::Broken(_) | Trouble::NotAllowed { .. } | Trouble::Load(_) | Trouble::Mistake(_)
        ))
    )
}

/// All that the server is told of the world.
fn variables(
    folder: &std::path::Path,
    data: &std::path::Path,
    (listen, graph, outer): (SocketAddr, SocketAddr, SocketAddr),
) -> Variables {
    let pairs = [
        ("DUKA_LISTEN", listen.to_string()),
        ("DUKA_DATABASE", data.join(kept::DATABASE).display().to_string()),
        ("DUKA_SHOPS", folder.display().to_string()),
        ("DUKA_DEVELOPMENT", "true".to_string()),
        ("DUKA_GRAPH_URL", format!("http://{graph}")),
        ("DUKA_WHATSAPP_APP_SECRET", SECRET.to_string()),
        ("DUKA_WHATSAPP_TOKEN", "stand-in".to_string()),
        ("DUKA_PAYMENTS_URL", format!("http://{outer}")),
        // The stand-in tells soon what it has: nobody waits longer for a message whose fate a restart has left open.
        ("DUKA_SENDING_ANSWER", "5 seconds".to_string()),
        ("DUKA_SENDING_HOLD", "4 seconds".to_string()),
        // A small disk is no reason to try nothing out.
        ("DUKA_LIMITS_DISK_RESERVE", "0".to_string()),
        ("DUKA_LIMITS_DRAIN", "1 second".to_string()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
}
