//! How one shop is paid: its provider and what its pay page looks like, from `payments` and `brand` of `shop.yaml`. Secrets
//! are resolved here and shown to nobody.

use std::path::Path;
use std::sync::Arc;

use duka_dsl::config::shop::{Payments, Setting, ShopFile};
use duka_dsl::span::LineIndex;
use duka_engine::value::Money;
use secrecy::SecretString;
use smol_str::SmolStr;
use tokio::sync::Mutex;
use url::Url;

use super::chat::{Books, Chat};
use super::facts::{self, Facts};
use super::money::NotPayable;
use super::provider::{self, Provider, Settings};
use super::standing::Payment;
use crate::config::{Config, HttpUrl, Keyring, Length, Mistake, Reads, SecretRef};
use crate::egress::Hosts;

/// How long a link can be paid, if nothing else is said, and at most.
const LIFE_MS: i64 = 30 * 60_000;
const MOST_LIFE_MS: i64 = 24 * 3_600_000;
const LEAST_LIFE_MS: i64 = 60_000;

/// What a shop says of its payments, with the secrets found.
#[derive(Clone, Debug)]
pub struct Said {
    facts: &'static Facts,
    settings: Arc<Settings>,
    name: SmolStr,
    colour: Option<[u8; 3]>,
    life_ms: i64,
    cash: bool,
    gives_back: bool,
    chat: Option<Chat>,
    /// The provider before this one.
    old: Option<(&'static Facts, Arc<Settings>)>,
    /// `shop.yaml`
    place: String,
    line: usize,
}

/// A shop's till, ready to be asked.
#[derive(Debug)]
pub struct Till {
    pub provider: Arc<dyn Provider>,
    /// Where that is, and nothing else is asked.
    pub(super) hosts: Arc<Hosts>,
    /// The shop, as customers know it.
    pub name: SmolStr,
    /// Red, green, blue.
    pub colour: Option<[u8; 3]>,
    pub life_ms: i64,
    /// Orders may be paid when they are brought.
    pub cash: bool,
    /// Money that nobody is to keep goes back by itself: a second payment of an order, one for an order that was cancelled.
    pub gives_back: bool,
    /// Where it is asked how money stands that was taken inside the chat.
    pub(super) books: Option<Books>,
    development: bool,
    /// The same with the provider before this one: what was begun there ends there.
    pub old: Option<Arc<Till>>,
    /// Held across the wait for an answer: one login at a time.
    pub(super) login: Mutex<Option<(SecretString, i64)>>,
}

impl Said {
    /// The same where the demo stands in for every provider: no secret is read.
    pub fn stood_in(shop: &ShopFile) -> Said {
        let cash = |payments: &Payments| payments.methods.iter().any(|method| method.value == "cash");
        Said {
            facts: &facts::DEMO,
            settings: Arc::default(),
            name: shop.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
            colour: shop.brand.as_ref().map(|brand| brand.value),
            life_ms: LIFE_MS,
            cash: shop.payments.as_ref().is_none_or(cash),
            gives_back: false,
            chat: None,
            old: None,
            place: String::new(),
            line: 0,
        }
    }

    /// Reads `payments` of `shop.yaml`; `None`: it names no provider.
    ///
    /// # Errors
    /// A setting is missing or wrong.
    pub fn of(shop: &ShopFile, path: &Path, text: &str, keyring: &Keyring) -> Result<Option<Said>, Mistake> {
        let Some(payments) = &shop.payments else { return Ok(None) };
        let read = Reading { path, text, keyring, settings: &payments.settings };
        let Some((facts, line)) = read.provider()? else { return Ok(None) };
        let before = Reading { settings: &payments.old, ..read };
        let old = match before.provider()? {
            Some((same, line)) if same.shop.name == facts.shop.name => {
                let message = "`old` names the same provider once more".to_string();
                let help = "A secret that is being changed stands beside the new one, as `old_…`.";
                return Err(read.mistake(line, message, help.to_string()));
            }
            Some((old, line)) => Some((old, Arc::new(before.settings(old, line)?))),
            None => None,
        };
        let life_ms = match read.setting("link_for") {
            None => LIFE_MS,
            Some(setting) => {
                let written = setting.value.text().unwrap_or_default();
                let length = Length::reads(written).map_err(|expected| {
                    read.mistake(read.line(setting), format!("`link_for` {expected}"), String::new())
                })?;
                length.ms()
            }
        };
        let gives_back = match read.setting("unwanted").map(|setting| (setting, setting.value.text())) {
            None | Some((_, Some("person"))) => false,
            Some((_, Some("give_back"))) => true,
            Some((setting, _)) => {
                let help = "Write `give_back`, or `person`: people are told, and decide.";
                return Err(read.mistake(read.line(setting), "`unwanted` is not known".to_string(), help.to_string()));
            }
        };
        Ok(Some(Said {
            facts,
            settings: Arc::new(read.settings(facts, line)?),
            name: shop.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
            colour: shop.brand.as_ref().map(|brand| brand.value),
            life_ms: life_ms.clamp(LEAST_LIFE_MS.max(facts.least_life_ms.min(LIFE_MS)), MOST_LIFE_MS),
            cash: payments.methods.iter().any(|method| method.value == "cash"),
            gives_back,
            chat: read.chat(shop.name.as_ref().map_or("", |name| &name.value)),
            old,
            place: path.display().to_string(),
            line,
        }))
    }

    /// Who takes money inside the chat.
    pub fn chat(&self) -> Option<Chat> {
        self.chat.clone()
    }

    /// A host in place of the provider's own that is none of these.
    pub fn beyond(&self, allowed: &Hosts) -> Option<String> {
        let both =
            std::iter::once((self.facts, &self.settings)).chain(self.old.iter().map(|(facts, old)| (*facts, old)));
        let elsewhere = both.filter_map(|(facts, settings)| elsewhere(facts, settings));
        Hosts::of(elsewhere).beyond(allowed).map(str::to_string)
    }

    /// Opens it on a server. `slug`: the shop's folder; `token`: the shop's for WhatsApp.
    ///
    /// # Errors
    /// The server has no address for pay links, or the provider is only for development.
    pub fn open(&self, config: &Config, slug: &str, token: Option<SecretString>) -> Result<Till, Mistake> {
        let mistake = |message: &str, help: &str| Mistake {
            place: self.place.clone(),
            line: Some(self.line),
            message: message.to_string(),
            help: Some(help.to_string()),
        };
        let Some(public) = &config.payments.url else {
            let help = "Add `url = \"https://…\"` below `[payments]` in duka.toml: how customers reach this server.";
            return Err(mistake("the shop is paid by links, and they would lead nowhere", help));
        };
        if config.payments.keys.is_empty() && !config.development {
            let help = "Add `key = \"env:NAME\"` below `[payments]` in duka.toml.";
            return Err(mistake("the shop is paid by links, and there is no key to seal them with", help));
        }
        if self.facts.shop.name == facts::DEMO.shop.name && !config.development {
            let help = "Name the provider that the shop has an account with.";
            return Err(mistake("the provider `demo` takes no money; it is for trying out", help));
        }
        let allowed = config.adapters.of(slug);
        let till = |facts: &'static Facts, settings: &Settings, old: Option<Arc<Till>>| -> Result<Till, Mistake> {
            let here = || format!("{}/demo-pay/", public.as_str().trim_end_matches('/')).parse().ok();
            let is_here = facts.shop.name == facts::DEMO.shop.name && settings.base.is_none();
            let base = if is_here { here() } else { settings.base(facts) };
            let nowhere = || mistake("the provider has no address", "Write `url: https://…`.");
            let base = base.ok_or_else(nowhere)?;
            let hosts = Hosts::of([&base]);
            // Also of a shop that stays as it was: what is not allowed any more is not asked any more.
            let hosts = match allowed.as_ref().filter(|_| elsewhere(facts, settings).is_some()) {
                Some(allowed) => hosts.within(allowed),
                None => hosts,
            };
            let provider = provider::open(facts, base, settings).ok_or_else(nowhere)?;
            let chat = self.chat.as_ref().zip(token.clone());
            Ok(Till {
                provider,
                hosts: Arc::new(hosts),
                name: self.name.clone(),
                colour: self.colour,
                life_ms: self.life_ms,
                cash: self.cash,
                gives_back: self.gives_back,
                books: chat.and_then(|(chat, token)| Books::new(config, chat, token)),
                development: config.development,
                old,
                login: Mutex::default(),
            })
        };
        let old = self.old.as_ref().map(|(facts, settings)| till(facts, settings, None).map(Arc::new)).transpose()?;
        till(self.facts, &self.settings, old)
    }
}

/// Where `url` leads to, unless the provider itself is there.
fn elsewhere<'a>(facts: &Facts, settings: &'a Settings) -> Option<&'a Url> {
    let own: Option<Url> = facts.base.parse().ok();
    settings.base.as_ref().filter(|url| own.is_none_or(|own| own.host_str() != url.host_str()))
}

/// The settings of one `payments` section.
#[derive(Clone, Copy)]
struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    keyring: &'a Keyring,
    settings: &'a [Setting],
}

impl<'a> Reading<'a> {
    fn setting(&self, name: &str) -> Option<&'a Setting> {
        self.settings.iter().find(|setting| setting.name.value == name)
    }

    /// The provider that it names, and in which line.
    fn provider(&self) -> Result<Option<(&'static Facts, usize)>, Mistake> {
        let Some(named) = self.setting("provider") else { return Ok(None) };
        let (line, name) = (self.line(named), named.value.text().unwrap_or_default());
        let found = facts::ALL.into_iter().find(|facts| facts.shop.name == name);
        let known: Vec<&str> = facts::ALL.iter().map(|facts| facts.shop.name).collect();
        let help = format!("There are: {}.", known.join(", "));
        let wrong = || self.mistake(line, format!("there is no payment provider `{name}`"), help);
        found.map(|facts| Some((facts, line))).ok_or_else(wrong)
    }

    fn word(&self, name: &str) -> Option<&str> {
        self.setting(name)?.value.text().filter(|word| !word.is_empty())
    }

    fn chat(&self, name: &str) -> Option<Chat> {
        let word = |setting: &str| self.word(setting).map(SmolStr::from);
        if self.word("chat") == Some("pix") {
            let (key, kind) = word("pix_account").zip(word("pix_account_type"))?;
            return Some(Chat::Pix { key, kind, name: word("pix_name").unwrap_or(name.into()) });
        }
        let (gateway, configuration) = word("chat").zip(word("chat_configuration"))?;
        Some(Chat::Gateway { gateway, configuration })
    }

    fn line(&self, setting: &Setting) -> usize {
        LineIndex::new(self.text).line_column(self.text, setting.name.span.start as usize).0
    }

    fn mistake(&self, line: usize, message: String, help: String) -> Mistake {
        let help = Some(help).filter(|help| !help.is_empty());
        Mistake { place: self.path.display().to_string(), line: Some(line), message, help }
    }

    fn settings(&self, facts: &'static Facts, line: usize) -> Result<Settings, Mistake> {
        let facts = facts.shop;
        if let Some(unknown) = self.settings.iter().find(|it| !facts.settings().any(|name| it.name.value == name)) {
            let message = format!("`{}` has no setting `{}`", facts.name, unknown.name.value);
            let help = format!("There are: {}.", facts.settings().collect::<Vec<_>>().join(", "));
            return Err(self.mistake(self.line(unknown), message, help));
        }
        let mut settings = Settings::default();
        for name in facts.secrets {
            let Some(setting) = self.setting(name) else {
                let message = format!("`{}` needs `{name}`", facts.name);
                return Err(self.mistake(line, message, format!("Add `{name}: env:NAME`.")));
            };
            settings.secrets.insert(name, self.secret(setting)?);
        }
        for name in facts.optional {
            if let Some(setting) = self.setting(name) {
                settings.secrets.insert(name, self.secret(setting)?);
            }
        }
        for name in facts.words {
            if self.setting(name).is_none() {
                let message = format!("`{}` needs `{name}`", facts.name);
                return Err(self.mistake(line, message, format!("Add `{name}: …`; docs/payments.md says what it is.")));
            }
        }
        for name in facts.words.iter().chain(facts.optional_words) {
            if let Some(word) = self.setting(name).and_then(|setting| setting.value.text()) {
                settings.words.insert(name, word.to_string());
            }
        }
        if let Some(setting) = self.setting("url") {
            let written = setting.value.text().unwrap_or_default();
            let url = HttpUrl::reads(&format!("{}/", written.trim_end_matches('/')));
            let url =
                url.map_err(|expected| self.mistake(self.line(setting), format!("`url` {expected}"), String::new()))?;
            settings.base = Some(url.0);
        }
        Ok(settings)
    }

    fn secret(&self, setting: &Setting) -> Result<SecretString, Mistake> {
        let line = self.line(setting);
        let written = setting.value.text().unwrap_or_default();
        let wrong = |message: String| self.mistake(line, message, "Write `env:NAME` or `file:PATH`.".to_string());
        let reference: SecretRef = written.parse().map_err(wrong)?;
        let base = self.path.parent().unwrap_or(Path::new(""));
        self.keyring.find(&reference, base, |wrong| self.mistake(line, wrong.message, wrong.help))
    }
}

impl Till {
    /// Where a payment is: at the provider that it was begun with.
    pub(super) fn of(self: &Arc<Till>, payment: &Payment) -> Arc<Till> {
        let begun =
            |old: &&Arc<Till>| !payment.references.is_empty() && payment.provider == old.provider.facts().shop.name;
        Arc::clone(self.old.as_ref().filter(begun).unwrap_or(self))
    }

    /// Whether such an amount can be paid here.
    ///
    /// # Errors
    /// Why not.
    pub fn can_take(&self, money: Money) -> Result<(), NotPayable> {
        let facts = self.provider.facts();
        if !facts.shop.currencies.is_empty() && !facts.shop.currencies.contains(&money.currency.code()) {
            let amount = duka_engine::contract::write_money(money);
            return Err(NotPayable { amount, why: "the provider takes other currencies" });
        }
        facts.scale.whole(money).map(drop)
    }

    /// Whether customers may be sent to such a page: only to the provider's own hosts.
    pub fn may_lead_to(&self, page: &str) -> bool {
        let Ok(url) = page.parse::<Url>() else { return false };
        let host = url.host_str().unwrap_or_default();
        let is = |known: &str| host == known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'));
        let is_known = url.scheme() == "https" && self.provider.facts().hosts.iter().any(|known| is(known));
        let is_here = self.development && matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        is_known || is_here
    }

    /// Where the pay page may send a customer to, for its policy.
    pub fn ways_out(&self) -> String {
        let hosts = self.provider.facts().hosts.iter().map(|host| format!(" https://{host} https://*.{host}"));
        let here = if self.development { " http://127.0.0.1:* http://localhost:*" } else { "" };
        hosts.collect::<String>() + here
    }
}
