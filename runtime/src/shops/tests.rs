//! Folders of shops: what is found, what is read, and what is said of a broken one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use smol_str::SmolStr;

use super::{Error, Outside, Registry, Reloaded, Trouble, find, read};
use crate::config::{self, Adapters, Keyring};
use crate::egress::Hosts;
use crate::host::shops::Portfolio;
use crate::store::Store;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("duka-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> &Folder {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const PROFILE: &str = "name: Zuri\ncurrency: KES\nlanguages: [en]\ncountry: KE\ntimezone: Africa/Nairobi\n";
const FLOW: &str = "duka 1\nflow zuri\n  start hello\n\nstate hello\n  say: Welcome!\n  -> end\n";

fn slug() -> SmolStr {
    "zuri".into()
}

fn outside(secrets: &Keyring) -> Outside<'_> {
    static ANYWHERE: Adapters = Adapters { all: None, shops: BTreeMap::new() };
    Outside { secrets, adapters: &ANYWHERE, stood_in: false }
}

/// An environment without anything.
fn bare() -> Keyring {
    Keyring::strict(&Vec::new())
}

#[test]
fn shops_are_found_beside_each_other_or_alone() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let found = find(&examples).expect("the examples are shops");
    assert!(found.len() > 3 && found.iter().any(|(slug, _)| slug == "boutique"), "{found:?}");
    let alone = find(&examples.join("boutique")).expect("a shop");
    assert_eq!(alone.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>(), ["boutique"]);
    let empty = Folder::new("empty");
    assert!(find(&empty.0).expect_err("no shop").to_string().contains("there is no shop in"));
}

#[test]
fn an_example_is_served_and_is_not_live() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/boutique");
    let boutique = read(&"boutique".into(), &folder, outside(&bare()), None).expect("it compiles");
    assert!(boutique.live.numbers.is_empty());
    assert!(boutique.fixture.get("products").is_some());
    let again = read(&"boutique".into(), &folder, outside(&bare()), Some(&boutique)).expect("it compiles");
    assert!(std::sync::Arc::ptr_eq(&again.program, &boutique.program), "no byte has changed");
}

#[test]
fn a_live_shop_has_numbers_and_secrets() {
    let folder = Folder::new("live");
    let channels = "channels:\n  whatsapp: { phone_number_id: \"106540352242922\", waba_id: 10, portfolio_id: 77, token: env:ZURI, app_secret: file:secret }\n";
    folder.write("shop.yaml", &format!("{PROFILE}{channels}")).write("zuri.duka", FLOW).write("secret", "s3cret\n");
    let secrets = Keyring::strict(&vec![("ZURI".to_string(), "EAAG".to_string())]);
    let shop = read(&slug(), &folder.0, outside(&secrets), None).unwrap_or_else(|trouble| panic!("{trouble}"));
    assert_eq!(shop.live.numbers, ["106540352242922"]);
    assert_eq!(shop.live.portfolio.as_deref(), Some("77"));
    assert_eq!(shop.live.token.as_ref().map(ExposeSecret::expose_secret), Some("EAAG"));
    assert_eq!(shop.live.app_secrets.iter().map(ExposeSecret::expose_secret).collect::<Vec<_>>(), ["s3cret"]);
    let told = read(&slug(), &folder.0, outside(&bare()), None).expect_err("the environment is bare").to_string();
    assert!(told.ends_with("shop.yaml`, line 7: the environment has no `ZURI`"), "{told}");
}

#[test]
fn a_broken_shop_is_told_by_what_is_broken() {
    let folder = Folder::new("broken");
    folder.write("shop.yaml", "name: Zuri\ncurency: KES\nlanguages: [en]\n").write("zuri.duka", FLOW);
    let trouble = read(&slug(), &folder.0, outside(&bare()), None).expect_err("the settings are wrong");
    assert!(trouble.to_string().contains("shop.yaml`, line 2: `shop.yaml` has no `curency`."), "{trouble}");
    folder.write("shop.yaml", PROFILE).write("zuri.duka", &FLOW.replace("-> end", "-> nowhere"));
    let trouble = read(&slug(), &folder.0, outside(&bare()), None).expect_err("the flow is wrong");
    assert!(matches!(&trouble, Trouble::Broken(_)), "{trouble}");
}

const SECRET: &str = "[whatsapp]\napp_secret = \"env:APP\"\ntoken = \"env:APP\"\n";

async fn open(folder: &Folder, store: &Store) -> Result<(Registry, Reloaded), Error> {
    folder.write("duka.toml", SECRET);
    let environment = vec![("APP".to_string(), "s3cret".to_string())];
    let config = config::load(Some(&folder.0.join("duka.toml")), &environment).expect("sound settings");
    Registry::open(&config, &environment, store.clone(), 1_000).await
}

async fn reload(registry: &Registry, folder: &Folder) -> String {
    let environment = vec![("APP".to_string(), "s3cret".to_string())];
    let config = config::load(Some(&folder.0.join("duka.toml")), &environment).expect("sound settings");
    let Reloaded { changed, troubles, .. } =
        registry.reload(&config, &environment, 2_000).await.expect("a readable folder");
    format!("{changed:?} {}", troubles.len())
}

fn shop(folder: &Folder, slug: &str, number: &str, flow: &str) {
    let channels = format!("channels: {{ whatsapp: {{ phone_number_id: {number}, waba_id: 7 }} }}\n");
    folder.write(&format!("shops/{slug}/shop.yaml"), &format!("{PROFILE}{channels}"));
    folder.write(&format!("shops/{slug}/zuri.duka"), flow);
}

#[tokio::test]
async fn a_number_leads_to_its_shop_and_a_broken_edit_changes_nothing() {
    let (folder, store) = (Folder::new("reload"), Store::memory());
    shop(&folder, "duka", "11", FLOW);
    shop(&folder, "zuri", "12", FLOW);
    let (registry, reloaded) = open(&folder, &store).await.expect("two sound shops");
    assert_eq!(reloaded.changed, ["duka", "zuri"]);
    let routes = registry.now();
    let zuri = routes.of_number("12").expect("it is live");
    assert_eq!((zuri.slug.as_str(), routes.of_account("7").count()), ("zuri", 2));
    assert!(routes.of_number("13").is_none());
    let served = || registry.shops.shop(zuri.scope).expect("it is hosted");
    let first = served().program.revision;

    assert_eq!(reload(&registry, &folder).await, "[] 0", "nothing has changed");
    shop(&folder, "zuri", "12", &FLOW.replace("Welcome", "Karibu"));
    assert_eq!(reload(&registry, &folder).await, "[\"zuri\"] 0");
    let second = served().program.revision;
    assert!(second != first && served().revision(first).is_some(), "conversations may still be on the first");
    shop(&folder, "zuri", "12", "duka 1\nflow zuri\n  start nowhere\n");
    assert_eq!(reload(&registry, &folder).await, "[] 1");
    assert_eq!(served().program.revision, second, "the broken one is not served");

    let (again, reloaded) = open(&folder, &store).await.expect("what was published is served");
    assert_eq!(reloaded.troubles.len(), 1);
    let zuri = again.shops.shop(zuri.scope).expect("it is hosted");
    assert_eq!(zuri.program.revision, second);
    assert!(zuri.revision(first).is_some(), "a restart still has the older program");
}

#[tokio::test]
async fn a_new_shop_that_takes_the_number_of_a_served_one_is_left_out_alone_also_if_it_sorts_first() {
    let (folder, store) = (Folder::new("taker"), Store::memory());
    shop(&folder, "duka", "11", FLOW);
    shop(&folder, "zuri", "12", FLOW);
    let (registry, _) = open(&folder, &store).await.expect("two sound shops");
    shop(&folder, "aaa", "12", FLOW);
    let taker = folder.0.join("shops/aaa/shop.yaml");
    let text = std::fs::read_to_string(&taker).expect("a profile").replace("waba_id: 7", "waba_id: 7, portfolio_id: 9");
    std::fs::write(&taker, text).expect("a writable folder");
    shop(&folder, "duka", "11", &FLOW.replace("Welcome", "Karibu"));
    let environment = vec![("APP".to_string(), "s3cret".to_string())];
    let config = config::load(Some(&folder.0.join("duka.toml")), &environment).expect("sound settings");
    let reloaded = registry.reload(&config, &environment, 2_000).await.expect("the others are served");
    assert_eq!((reloaded.changed, reloaded.kept), (vec!["duka".into()], vec!["aaa".into()]));
    let told = reloaded.troubles[0].to_string();
    assert!(told.contains("aaa/shop.yaml") && told.contains("the number 12 belongs to the shop `zuri`"), "{told}");
    let now = registry.now();
    assert!(now.named("aaa").is_none() && now.of_number("12").is_some_and(|shop| shop.slug == "zuri"));
    let zuri = registry.shops.shop(now.named("zuri").expect("it is served").scope).expect("it is hosted");
    assert_eq!(zuri.portfolio, Portfolio::Shared("of account 7".into()), "who is left out names no portfolio");

    // Where one that is served takes another's number, nothing is published of either.
    std::fs::remove_dir_all(folder.0.join("shops/aaa")).expect("a writable folder");
    let duka = now.named("duka").expect("it is served").scope;
    let revisions = async || store.read(duka).await.expect("a read").revisions(duka, 9).await.expect("a list").len();
    assert_eq!(revisions().await, 2);
    shop(&folder, "duka", "11", &FLOW.replace("Welcome", "Hello"));
    shop(&folder, "zuri", "11", FLOW);
    let told = registry.reload(&config, &environment, 3_000).await.expect_err("one number, two shops").to_string();
    assert!(told.contains("the number 11 belongs to the shop `duka` already"), "{told}");
    assert_eq!(revisions().await, 2);
    assert!(registry.now().of_number("12").is_some());
}

#[tokio::test]
async fn what_contradicts_itself_does_not_start() {
    let folder = Folder::new("twice");
    shop(&folder, "duka", "11", FLOW);
    shop(&folder, "zuri", "11", FLOW);
    let told = open(&folder, &Store::memory()).await.expect_err("one number, two shops").to_string();
    assert!(told.ends_with("the number 11 belongs to the shop `duka` already"), "{told}");
    shop(&folder, "zuri", "12", "duka 1\nflow zuri\n  start nowhere\n");
    let told = open(&folder, &Store::memory()).await.expect_err("it was never published").to_string();
    assert!(told.contains("has errors"), "{told}");
}

/// A shop whose system is at a host of its own.
fn apart(folder: &Folder, slug: &str, number: &str) {
    shop(folder, slug, number, FLOW);
    let profile = folder.0.join(format!("shops/{slug}/shop.yaml"));
    let text = std::fs::read_to_string(&profile).expect("a profile");
    let adapters = "adapters:\n  catalog: { kind: woocommerce, base: https://zuri.example, key: env:APP, secret: env:APP, webhook: env:APP }\n";
    std::fs::write(profile, text + adapters).expect("a writable folder");
}

#[tokio::test]
async fn a_shop_whose_host_is_not_allowed_is_left_out_alone() {
    let (folder, store) = (Folder::new("apart"), Store::memory());
    shop(&folder, "duka", "11", FLOW);
    apart(&folder, "zuri", "12");
    let settings = |hosts: &str| {
        folder.write("duka.toml", &format!("{SECRET}[adapters]\nhosts = [\"{hosts}\"]\n"));
        let environment = vec![("APP".to_string(), "s3cret".to_string())];
        (config::load(Some(&folder.0.join("duka.toml")), &environment).expect("sound settings"), environment)
    };
    let told = |reloaded: &Reloaded| reloaded.troubles.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");

    // Never served: it is left out, and the other is served.
    let (config, environment) = settings("api.elsewhere.example");
    let (registry, reloaded) = Registry::open(&config, &environment, store.clone(), 1_000).await.expect("one shop");
    assert_eq!(reloaded.kept, ["zuri"]);
    assert!(told(&reloaded).contains("answered by `zuri.example`, which is none of the hosts"), "{reloaded:?}");
    assert!(reloaded.troubles[0].help().is_some_and(|help| help.contains("`[adapters.shops.zuri]`")));
    let served =
        |registry: &Registry| registry.now().shops.iter().map(|shop| shop.slug.to_string()).collect::<Vec<_>>();
    assert_eq!(served(&registry), ["duka"]);

    // The operator adds the host: it is served from then on, also when the host is taken away again.
    let (config, environment) = settings("zuri.example");
    let reloaded = registry.reload(&config, &environment, 2_000).await.expect("a readable folder");
    assert!(reloaded.troubles.is_empty() && reloaded.changed == ["zuri"], "{reloaded:?}");
    let (config, environment) = settings("api.elsewhere.example");
    let reloaded = registry.reload(&config, &environment, 3_000).await.expect("a readable folder");
    assert_eq!((reloaded.kept.len(), served(&registry)), (1, vec!["duka".to_string(), "zuri".to_string()]));

    // The next process serves what was published, and asks it nothing.
    let (again, reloaded) = Registry::open(&config, &environment, store, 4_000).await.expect("two shops");
    assert_eq!((reloaded.kept.len(), served(&again)), (1, vec!["duka".to_string(), "zuri".to_string()]));
    let zuri = again.shops.shop(again.now().named("zuri").expect("it is served").scope).expect("it is hosted");
    assert!(zuri.backends.iter().all(|backend| backend.beyond(&Hosts::default()).is_none()), "no host is left");

    // Where nothing else could be served, the start says why.
    std::fs::remove_dir_all(folder.0.join("shops/duka")).expect("a writable folder");
    let alone = Registry::open(&config, &environment, Store::memory(), 1_000).await.expect_err("nothing to serve");
    assert!(alone.to_string().contains("none of the hosts that this server may ask"), "{alone}");
}

#[tokio::test]
async fn a_shop_that_is_paid_elsewhere_than_at_its_provider_is_confirmed_like_one_with_a_system() {
    let (folder, store) = (Folder::new("paid-apart"), Store::memory());
    shop(&folder, "duka", "11", FLOW);
    let paid = |payments: &str| {
        shop(&folder, "zuri", "12", FLOW);
        let profile = folder.0.join("shops/zuri/shop.yaml");
        let text = std::fs::read_to_string(&profile).expect("a profile");
        std::fs::write(profile, format!("{text}payments: {{ {payments} }}\n")).expect("a writable folder");
    };
    let settings = "[payments]\nurl = \"https://chat.example\"\nkey = \"env:KEY\"\n";
    folder.write("duka.toml", &format!("{SECRET}[adapters]\nhosts = [\"pay.zuri.example\"]\n{settings}"));
    let pair = |name: &str| (name.to_string(), "a secret of more than thirty-two letters".to_string());
    let environment = vec![pair("APP"), pair("KEY")];
    let config = config::load(Some(&folder.0.join("duka.toml")), &environment).expect("sound settings");
    paid("provider: tap, secret_key: env:APP, url: https://pay.zuri.example");
    let (registry, reloaded) = Registry::open(&config, &environment, store, 1_000).await.expect("two shops");
    assert!(reloaded.troubles.is_empty(), "{reloaded:?}");
    let elsewhere = "secret_key: env:APP, url: https://pay.elsewhere.example";
    for (payments, is_taken) in [
        (format!("provider: tap, {elsewhere}"), false),
        (
            format!(
                "provider: tap, secret_key: env:APP, old: {{ provider: paystack, email_domain: a.example, {elsewhere} }}"
            ),
            false,
        ),
        ("provider: tap, secret_key: env:APP, url: https://api.tap.company/v2".to_string(), true),
        ("provider: tap, secret_key: env:APP".to_string(), true),
    ] {
        paid(&payments);
        let reloaded = registry.reload(&config, &environment, 2_000).await.expect("a readable folder");
        let told = reloaded.troubles.iter().map(ToString::to_string).collect::<String>();
        let names = told.contains("`payments` is answered by `pay.elsewhere.example`");
        assert!(if is_taken { told.is_empty() } else { names }, "{payments}: {told}");
    }
}

#[tokio::test]
async fn a_shop_that_can_not_be_served_as_it_was_published_keeps_no_other_from_being_served() {
    let (folder, store) = (Folder::new("gone"), Store::memory());
    shop(&folder, "duka", "11", FLOW);
    apart(&folder, "zuri", "12");
    let profile = folder.0.join("shops/zuri/shop.yaml");
    let text = std::fs::read_to_string(&profile).expect("a profile");
    std::fs::write(&profile, text.replace("env:APP", "env:OLD")).expect("a writable folder");
    folder.write("duka.toml", SECRET);
    let pair = |name: &str| (name.to_string(), "s3cret".to_string());
    let environment = vec![pair("APP"), pair("OLD")];
    let load = |environment| config::load(Some(&folder.0.join("duka.toml")), environment).expect("sound settings");
    let first = Registry::open(&load(&environment), &environment, store.clone(), 1_000).await.expect("two shops");
    assert_eq!(first.0.now().shops.len(), 2);

    // The secret that was published is gone, and the host is not allowed: nothing is left of this shop, and all of the other.
    std::fs::write(&profile, text).expect("a writable folder");
    folder.write("duka.toml", &format!("{SECRET}[adapters]\nhosts = [\"api.elsewhere.example\"]\n"));
    let environment = vec![pair("APP")];
    let (again, reloaded) =
        Registry::open(&load(&environment), &environment, store, 2_000).await.expect("the other shop");
    assert_eq!((reloaded.kept.as_slice(), reloaded.troubles.len()), (["zuri".into()].as_slice(), 1));
    assert_eq!(again.now().shops.iter().map(|shop| shop.slug.as_str()).collect::<Vec<_>>(), ["duka"]);
}
