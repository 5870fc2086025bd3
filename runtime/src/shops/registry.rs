//! All shops that are served, replaced as a whole when a folder changes: a turn sees one program from its beginning to its
//! end. A broken folder changes nothing; what is wrong with it is handed back.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use duka_dsl::config::channel::ReadMarks;
use duka_engine::forms::{Described, described};
use duka_engine::program::Program;
use duka_engine::session::Revision;
use duka_engine::step::Forms;
use secrecy::{ExposeSecret, SecretString};
use smol_str::{SmolStr, format_smolstr};

use super::Trouble;
use super::live::Keep;
use super::published::{self, Publish};
use super::source::{self, Outside, Source};
use crate::channel::whatsapp::flows::published::Published;
use crate::channel::whatsapp::keys::{ShopKeys, WeakSecret};
use crate::channel::whatsapp::verify::AppSecrets;
use crate::config::{Config, Environment, Keyring, Mistake, People};
use crate::host::shops::{Portfolio, Shop, Shops};
use crate::id::ShopScope;
use crate::payments::chat::Chat;
use crate::payments::till::{Said, Till};
use crate::store::{self, Store};

/// One shop, with what its channel needs to know.
#[derive(Clone, Debug)]
pub struct Served {
    pub slug: SmolStr,
    /// Where its files lie.
    pub folder: PathBuf,
    pub scope: ShopScope,
    pub revision: Revision,
    /// `phone_number_id`s.
    pub numbers: Vec<SmolStr>,
    /// `waba_id`
    pub account: Option<SmolStr>,
    /// The catalogue that products are shown from.
    pub catalogue: Option<SmolStr>,
    /// The access token: the shop's own, else the server's.
    pub token: Option<SecretString>,
    /// Who answers customers that ask for a person.
    pub people: Option<Arc<People>>,
    /// Its app's place in [`Routes::apps`].
    pub app: usize,
    /// How long its customers' files are kept.
    pub keep: Keep,
    pub read_marks: ReadMarks,
    /// The forms that are published, whether or not they may be sent at this moment.
    pub forms: Arc<[Published]>,
    /// Who takes money inside the chat.
    pub chat: Option<Chat>,
    /// Sign what the shop hands out and expects back.
    pub keys: ShopKeys,
}

/// Which shop a number, an account or a name belongs to.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// By the name of the folder.
    pub shops: Vec<Arc<Served>>,
    /// What each app signs webhooks with; the first is the server's own, and may have nothing.
    pub apps: Vec<Option<AppSecrets>>,
    newest_secrets: Vec<Option<SecretString>>,
    by_number: BTreeMap<SmolStr, usize>,
    by_account: BTreeMap<SmolStr, Vec<usize>>,
    by_portfolio: BTreeMap<SmolStr, Vec<usize>>,
    by_scope: BTreeMap<ShopScope, usize>,
}

impl Routes {
    pub fn of_number(&self, number: &str) -> Option<&Arc<Served>> {
        self.shops.get(*self.by_number.get(number)?)
    }

    pub fn of(&self, scope: ShopScope) -> Option<&Arc<Served>> {
        self.shops.get(*self.by_scope.get(&scope)?)
    }

    pub fn named(&self, slug: &str) -> Option<&Arc<Served>> {
        self.shops.iter().find(|shop| shop.slug == slug)
    }

    /// The shops that use a business account.
    pub fn of_account(&self, account: &str) -> impl Iterator<Item = &Arc<Served>> {
        let places = self.by_account.get(account).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.shops.get(*place))
    }

    /// The shops whose portfolio has this id.
    pub fn of_portfolio(&self, portfolio: &str) -> impl Iterator<Item = &Arc<Served>> {
        let places = self.by_portfolio.get(portfolio).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.shops.get(*place))
    }
}

/// What a reload led to.
#[derive(Debug, Default)]
pub struct Reloaded {
    /// Shops with a new program.
    pub changed: Vec<SmolStr>,
    /// Shops that stay as they were; one that never was is not served.
    pub kept: Vec<SmolStr>,
    /// And why, in the same order.
    pub troubles: Vec<Trouble>,
}

/// Why no shop can be served.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    WeakSecret(#[from] WeakSecret),
    #[error(transparent)]
    NoRandomness(#[from] crate::host::mint::NoRandomness),
}

/// Loads shops, and keeps what is served now.
pub struct Registry {
    store: Store,
    /// The shops as turns see them.
    pub shops: Arc<Shops>,
    // Read once a webhook, written on a reload.
    routes: RwLock<Arc<Routes>>,
    // Held for the length of a reload, so that there is one at a time.
    sources: tokio::sync::Mutex<BTreeMap<SmolStr, Source>>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("shops", &self.now().shops.len()).finish_non_exhaustive()
    }
}

impl Registry {
    /// Loads every shop. One that is broken but was published before is served as it was. One that the operator does not let
    /// reach its systems is left out alone, as long as another is served; any other trouble stops the start.
    ///
    /// # Errors
    /// The first trouble, or the store.
    pub async fn open(
        config: &Config,
        environment: &impl Environment,
        store: Store,
        now_ms: i64,
    ) -> Result<(Registry, Reloaded), Error> {
        let registry = Registry {
            store,
            shops: Arc::new(Shops::default()),
            routes: RwLock::default(),
            sources: tokio::sync::Mutex::default(),
        };
        let mut reloaded = registry.reload(config, environment, now_ms).await?;
        let stops = reloaded.troubles.iter().position(|trouble| match trouble {
            Trouble::Broken(shop) => registry.now().named(&source::slug_of(&shop.folder)).is_none(),
            Trouble::NotAllowed { .. } => registry.now().shops.is_empty(),
            Trouble::Load(_) | Trouble::Mistake(_) => true,
        });
        match stops {
            Some(at) => Err(reloaded.troubles.swap_remove(at).into()),
            None => Ok((registry, reloaded)),
        }
    }

    /// What is served now.
    pub fn now(&self) -> Arc<Routes> {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the folders again. What is broken stays as it was.
    ///
    /// # Errors
    /// The folder of shops itself can not be read, or the store fails: then nothing has changed.
    pub async fn reload(
        &self,
        config: &Config,
        environment: &impl Environment,
        now_ms: i64,
    ) -> Result<Reloaded, Error> {
        let mut sources = self.sources.lock().await;
        let folders = source::find(&config.shops).map_err(Trouble::Load)?;
        let (secrets, stood_in, adapters) = (Keyring::strict(environment), config.stood_in, config.adapters.clone());
        let known = sources.clone();
        let read =
            move || source::read_all(&folders, Outside { secrets: &secrets, adapters: &adapters, stood_in }, &known);
        let read = tokio::task::spawn_blocking(read).await.map_err(|_| Trouble::panicked())?;
        let mut reloaded = Reloaded::default();
        let mut next = BTreeMap::new();
        for (slug, result) in read {
            match result {
                Ok(source) => {
                    if sources.get(&slug).is_none_or(|known| known.program.revision != source.program.revision) {
                        reloaded.changed.push(slug.clone());
                    }
                    next.insert(slug, source);
                }
                Err(trouble) => {
                    let kept = match sources.get(&slug).cloned() {
                        Some(source) => Some(source),
                        None => {
                            let secrets = &Keyring::strict(environment);
                            let outside = Outside { secrets, adapters: &config.adapters, stood_in };
                            published::latest(&self.store, &slug, &trouble, outside).await?
                        }
                    };
                    next.extend(kept.map(|source| (slug.clone(), source)));
                    reloaded.kept.push(slug);
                    reloaded.troubles.push(trouble);
                }
            }
        }
        for (slug, trouble) in self.take(config, &next, now_ms).await? {
            next.remove(&slug);
            reloaded.changed.retain(|changed| *changed != slug);
            reloaded.kept.push(slug);
            reloaded.troubles.push(trouble);
        }
        *sources = next;
        Ok(reloaded)
    }

    /// Publishes new revisions, and swaps what is served. Returns new shops that this server can not serve: they are left out.
    ///
    /// # Errors
    /// It can not serve one any more that it serves: nothing is published; or the store.
    async fn take(
        &self,
        config: &Config,
        sources: &BTreeMap<SmolStr, Source>,
        now_ms: i64,
    ) -> Result<Vec<(SmolStr, Trouble)>, Error> {
        let key = published::key(&self.store).await?;
        let mut all = Vec::with_capacity(sources.len());
        for source in sources.values() {
            let scope = self.store.shop(&source.slug).await?;
            all.push((source, scope, self.shops.shop(scope)));
        }
        // A new shop takes nothing from one that is served, whatever it is called.
        all.sort_by_key(|(.., before)| before.is_none());
        let mut routes = Routes::default();
        routes.app(&config.whatsapp.app_secrets);
        let (mut taken, mut left_out) = (Vec::with_capacity(all.len()), Vec::new());
        for (source, scope, before) in all {
            match routes.with(config, source, scope, published::keys(&key, &source.slug)?) {
                Ok(till) => taken.push(Taken { source, scope, before, till }),
                Err(trouble) if before.is_none() => left_out.push((source.slug.clone(), trouble)),
                Err(trouble) => return Err(trouble.into()),
            }
        }
        let beside: Vec<&Source> = taken.iter().map(|taken| taken.source).collect();
        let mut hosted = Vec::with_capacity(taken.len());
        for taken in taken {
            let shop = self.host(config, &routes, &beside, now_ms, taken).await?;
            hosted.push(shop);
        }
        self.shops.replace(hosted);
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        Ok(left_out)
    }

    /// Publishes what is new of a shop; returns it as turns see it.
    async fn host(
        &self,
        config: &Config,
        routes: &Routes,
        beside: &[&Source],
        now_ms: i64,
        Taken { source, scope, before, till }: Taken<'_>,
    ) -> Result<Shop, store::Error> {
        let changed = before.as_ref().is_none_or(|before| before.program.revision != source.program.revision);
        let older = match before {
            Some(before) => published::grown_older(&before, &source.program),
            None => published::older(&self.store, scope, &source.program, now_ms).await?,
        };
        if changed {
            Publish { store: &self.store, scope, source, now_ms }.publish().await?;
        }
        let program = Arc::clone(&source.program);
        let forms = std::iter::once(&program).chain(&older).filter_map(|program| shown(program, &source.forms));
        let forms = forms.collect();
        let mut shop = Shop::new(scope, source.slug.clone(), program, older, source.fixture.clone());
        shop.app = routes.of(scope).map_or(0, |served| served.app);
        shop.till = till.map(Arc::new);
        shop.keeps_bags = source.keeps_bags;
        shop.by_demo.clone_from(&source.by_demo);
        shop.people = config.handoff.of(&source.slug).is_some();
        shop.portfolio = portfolio(source, beside).map_or(Portfolio::Alone(scope), Portfolio::Shared);
        // Also of a shop that stays as it was: what is not allowed any more is not asked any more.
        let backends = match config.adapters.of(&source.slug) {
            Some(allowed) => source.backends.iter().map(|backend| backend.within(&allowed)).collect(),
            None => source.backends.clone(),
        };
        Ok(shop.with_backends(backends).with_forms(forms))
    }
}

/// A shop that has its routes.
struct Taken<'a> {
    source: &'a Source,
    scope: ShopScope,
    /// As it is served.
    before: Option<Arc<Shop>>,
    till: Option<Till>,
}

/// The portfolio that a shop names; else that of its account, which belongs to one whether it is named or not.
fn portfolio(source: &Source, all: &[&Source]) -> Option<SmolStr> {
    if let Some(named) = &source.live.portfolio {
        return Some(named.clone());
    }
    let account = source.live.account.as_ref()?;
    let same = all.iter().filter(|other| other.live.account.as_ref() == Some(account));
    let named = same.filter_map(|other| other.live.portfolio.clone()).next();
    Some(named.unwrap_or_else(|| format_smolstr!("of account {account}")))
}

impl Routes {
    /// Adds a shop; returns what it is paid with.
    fn with(
        &mut self,
        config: &Config,
        source: &Source,
        scope: ShopScope,
        keys: ShopKeys,
    ) -> Result<Option<Till>, Trouble> {
        let token = source.live.token.clone().or_else(|| config.whatsapp.token.clone());
        let till = source.till.as_ref().map(|said| said.open(config, &source.slug, token)).transpose()?;
        self.add(config, source, scope, keys)?;
        Ok(till)
    }

    fn add(&mut self, config: &Config, source: &Source, scope: ShopScope, keys: ShopKeys) -> Result<(), Trouble> {
        let live = &source.live;
        let at = self.shops.len();
        for number in &live.numbers {
            if let Some(other) = self.of_number(number) {
                let place = source.folder.join("shop.yaml").display().to_string();
                let message = format!("the number {number} belongs to the shop `{}` already", other.slug);
                let help = Some("Give each shop a `phone_number_id` of its own.".to_string());
                return Err(Mistake { place, line: None, message, help }.into());
            }
        }
        if !live.numbers.is_empty() && live.app_secrets.is_empty() && config.whatsapp.app_secrets.is_empty() {
            let place = source.folder.join("shop.yaml").display().to_string();
            let message =
                "the shop is live, and nobody could tell its webhooks from forged ones: there is no app secret";
            let help = Some("Add `app_secret = \"env:NAME\"` below `[whatsapp]` in duka.toml.".to_string());
            return Err(Mistake { place, line: None, message: message.to_string(), help }.into());
        }
        let app = if live.app_secrets.is_empty() { 0 } else { self.app(&live.app_secrets) };
        self.by_number.extend(live.numbers.iter().map(|number| (number.clone(), at)));
        for (id, places) in [(&live.account, &mut self.by_account), (&live.portfolio, &mut self.by_portfolio)] {
            id.iter().for_each(|id| places.entry(id.clone()).or_default().push(at));
        }
        self.by_scope.insert(scope, at);
        self.shops.push(Arc::new(Served {
            slug: source.slug.clone(),
            folder: source.folder.clone(),
            scope,
            revision: source.program.revision,
            numbers: live.numbers.clone(),
            account: live.account.clone(),
            catalogue: live.catalogue.clone(),
            token: live.token.clone().or_else(|| config.whatsapp.token.clone()),
            people: config.handoff.of(&source.slug),
            app,
            keep: live.keep,
            read_marks: live.read_marks,
            forms: Arc::clone(&source.forms),
            chat: source.till.as_ref().and_then(Said::chat),
            keys,
        }));
        Ok(())
    }

    /// Shops may share an app; it is known by its newest secret.
    fn app(&mut self, secrets: &[SecretString]) -> usize {
        let newest = secrets.first().map(ExposeSecret::expose_secret);
        let same = |known: &Option<SecretString>| known.as_ref().map(ExposeSecret::expose_secret) == newest;
        self.newest_secrets.iter().position(same).unwrap_or_else(|| {
            self.newest_secrets.push(secrets.first().cloned());
            // Empty secrets were refused when they were resolved.
            self.apps.push(AppSecrets::new(secrets).ok());
            self.apps.len() - 1
        })
    }
}

/// The forms of a program that customers can be shown. `None`: there are none.
fn shown(program: &Program, published: &[Published]) -> Option<(Revision, Forms)> {
    if published.is_empty() {
        return None;
    }
    let is_shown = |form: &Described| {
        let fits = |known: &&Published| known.was_published() && known.shape.shows(&form.name, &form.fields);
        published.iter().find(fits).is_some()
    };
    let shown = described(&program.shop).into_iter().filter(is_shown).map(|form| (form.flow, form.id)).collect();
    Some((program.revision, Forms::These(Arc::new(shown))))
}

/// The programs of a shop that are not its newest, the newest first.
pub type Older = Vec<Arc<Program>>;
