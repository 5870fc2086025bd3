//! Any number of shops with apps of their own: whose webhook it is, is found by what it names, and believed by its signature.

use duka_runtime::config;
use serde_json::json;

use crate::stage::{Stage, environment, number};

const SHOPS: usize = 40;

fn secret(at: usize) -> String {
    format!("the secret of app {at}")
}

async fn shops() -> Stage {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut plan = String::new();
    for at in 0..SHOPS {
        let shop = folder.path().join(format!("shops/shop-{at:02}"));
        std::fs::create_dir_all(&shop).expect("a writable folder");
        let profile = format!(
            "name: Corner\ncountry: KE\ncurrency: KES\nlanguages: [en]\ntimezone: Africa/Nairobi\nchannels:\n  \
             whatsapp: {{ phone_number_id: \"1065000{at:04}\", waba_id: \"7000{at:04}\", portfolio_id: \"9000{at:04}\", \
             app_secret: file:secret }}\n"
        );
        std::fs::write(shop.join("secret"), secret(at)).expect("a writable folder");
        std::fs::write(shop.join("shop.yaml"), profile).expect("a writable folder");
        let flow = "duka 1\nflow corner\n  start hello\n\nstate hello\n  say: Hello.\n  -> end\n";
        std::fs::write(shop.join("corner.duka"), flow).expect("a writable folder");
        plan.push_str(&number(&format!("1065000{at:04}")));
    }
    Stage::serve(folder, "shops", &plan, |settings| settings, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_apps_is_heard_for_its_own_shop_and_for_no_other() {
    let stage = shops().await;
    let event = |entry: &str| {
        let value = json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "ADULT" } });
        let change = json!({ "field": "account_update", "value": value });
        // The entry's own id last, as no reader may count on an order.
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"changes":[{change}],"time":1795000000,"id":"{entry}"}}]}}"#
        )
    };
    for at in [0, 15, 16, SHOPS - 1] {
        let body = event(&format!("7000{at:04}"));
        assert_eq!(stage.brings_signed(&secret(at), &body).await, 200, "its own app {at}");
        assert_eq!(stage.brings_signed("a guess", &body).await, 401, "forged {at}");
        assert_eq!(stage.brings_signed(&secret(at), &event(&format!("9000{at:04}"))).await, 200, "of its portfolio");
    }
    // Signed rightly by an app that this account is none of: answered, and kept from the shop.
    assert_eq!(stage.brings_signed(&secret(1), &event("70000039")).await, 200);
    let message = |at: usize| {
        let message = json!({ "id": format!("wamid.{at}"), "from": "254700000001", "timestamp": "1795251800",
            "type": "text", "text": { "body": "hi" } });
        let value = json!({ "messages": [message], "metadata": { "phone_number_id": format!("1065000{at:04}") } });
        let change = json!({ "field": "messages", "value": value });
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "5", "changes": [change] }] }).to_string()
    };
    assert_eq!(stage.brings_signed(&secret(SHOPS - 1), &message(SHOPS - 1)).await, 200);
    assert_eq!(
        stage.brings_signed(&secret(SHOPS - 2), &message(SHOPS - 1)).await,
        401,
        "an app far behind, of another"
    );

    let server = &stage.running.server;
    let mut warned = Vec::new();
    for shop in &server.registry.now().shops {
        let mut tx = server.host.store.read(shop.scope).await.expect("a read");
        let health = tx.health(shop.scope).await.expect("the health");
        if health.iter().any(|row| row.warnings.iter().any(|it| it.word == "ACCOUNT_VIOLATION")) {
            warned.push(shop.slug.to_string());
        }
    }
    assert_eq!(warned, ["shop-00", "shop-15", "shop-16", "shop-39"]);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_shop_that_can_not_be_served_is_left_out_alone() {
    let stage = shops().await;
    let folder = stage.folder.path().join("shops");
    let written = |shop: &str, profile: &str, says: &str| {
        std::fs::create_dir_all(folder.join(shop)).expect("a writable folder");
        std::fs::write(folder.join(shop).join("shop.yaml"), profile).expect("a writable folder");
        let flow = format!("duka 1\nflow corner\n  start hi\n\nstate hi\n  say: {says}\n  -> end\n");
        std::fs::write(folder.join(shop).join("corner.duka"), flow).expect("a writable folder");
    };
    let profile = std::fs::read_to_string(folder.join("shop-00/shop.yaml")).expect("a profile");
    // It would be another's number, and has no secret; another shop is changed at once.
    written("shop-99", &profile.replace(", app_secret: file:secret", ""), "Ours.");
    written("shop-00", &profile, "Changed.");
    let environment = environment();
    let config = config::load(Some(&stage.folder.path().join("duka.toml")), &environment).expect("sound settings");
    let reloaded = stage.running.reload(&config, &environment).await.expect("the others are served");
    assert_eq!((reloaded.changed, reloaded.kept), (vec!["shop-00".into()], vec!["shop-99".into()]));
    let told = reloaded.troubles.first().map(ToString::to_string).unwrap_or_default();
    assert!(told.contains("belongs to the shop `shop-00` already"), "{told}");
    let served = || stage.running.server.registry.now().shops.len();
    assert_eq!(served(), SHOPS);
    // With a number of its own it is served.
    written(
        "shop-99",
        &profile.replace("10650000000", "10650000099").replace(", app_secret: file:secret", ""),
        "Ours.",
    );
    let reloaded = stage.running.reload(&config, &environment).await.expect("all are served");
    assert!(reloaded.troubles.is_empty(), "{:?}", reloaded.troubles);
    assert_eq!((reloaded.changed, served()), (vec!["shop-99".into()], SHOPS + 1));
    stage.end().await;
}
