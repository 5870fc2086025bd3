//! What an operator does about WhatsApp's side: the examination of a set-up, and the templates of a shop.

use crate::house::{ACCOUNT, House};

fn boutique() -> House {
    House::of("examples/boutique", "channels: [whatsapp, messenger]")
}

/// The lines of `duka doctor` that are not fine.
fn not_fine(out: &str) -> Vec<&str> {
    out.lines().filter(|line| line.starts_with("warning") || line.starts_with("fault")).collect()
}

#[test]
fn templates_are_submitted_noted_and_compared() {
    let house = boutique();
    let list = house.fine(&["templates", "list"]);
    assert!(list.contains("boutique: receipt (sw)  missing\n"), "{list}");
    let shown = house.fine(&["templates", "push", "--dry-run"]);
    assert!(shown.contains("\"text\": \"Order {{order_number}} has been delivered. We hope you love it!\""), "{shown}");
    assert_eq!(house.vendor("GET", &format!("{ACCOUNT}/message_templates"))["data"], serde_json::json!([]));
    assert_eq!(house.duka(&["templates", "diff"]).code, Some(1));

    let pushed = house.fine(&["templates", "push"]);
    assert!(pushed.contains("boutique: receipt (ar): submitted"), "{pushed}");
    assert_eq!(house.fine(&["templates", "push"]), "boutique: WhatsApp knows them all\n");
    assert_eq!(house.fine(&["templates", "diff"]), "");
    house.fine(&["templates", "pull"]);
    assert_eq!(house.duka(&["check", "shops/boutique"]).code, Some(0));
    house.folder.write("empty.lock", "{}").write("wrong.lock", "no registry");
    let none = house.duka(&["check", "shops/boutique", "--registry", "empty.lock"]);
    assert!(
        none.out.contains("error[D609]: Template `receipt` is not approved in English, Swahili, Arabic."),
        "{none:?}"
    );
    let wrong = house.duka(&["check", "shops/boutique", "--registry", "wrong.lock"]);
    assert!(wrong.out.contains("error[D022]: This is no registry of templates"), "{wrong:?}");
    assert_eq!(house.duka(&["check", "shops/boutique", "--registry", "no.lock"]).code, Some(2));

    // WhatsApp pauses one, and the words of another change in the flow.
    house.control("POST", "templates", r#"{"name": "cart_reminder", "language": "sw", "status": "PAUSED"}"#);
    let flow = house.folder.read("shops/boutique/boutique.duka");
    let changed = flow.replace("We hope you love it!", "Enjoy it!");
    house.folder.write("shops/boutique/boutique.duka", changed);
    let diff = house.duka(&["templates", "diff"]);
    assert_eq!(diff.code, Some(1));
    assert_eq!(
        diff.out,
        "boutique: cart_reminder (sw)  paused, quality unknown\n\
         boutique: order_delivered (en)  approved, quality unknown\n  differs: words\n  \
         flow      Order {{order_number}} has been delivered. Enjoy it!\n  \
         WhatsApp  Order {{order_number}} has been delivered. We hope you love it!\n"
    );
    house.fine(&["templates", "pull"]);
    let check = house.duka(&["check", "shops/boutique"]);
    assert_eq!(check.code, Some(1));
    assert!(
        check.out.contains("error[D617]: The words of the approved template `order_delivered` changed"),
        "{check:?}"
    );
    assert!(check.out.contains("warning[D610]: Template `cart_reminder` was paused by WhatsApp on "), "{check:?}");
}

#[test]
fn a_template_of_the_shops_own_takes_the_place_of_a_standard_one_of_its_name() {
    let house = House::of("examples/grocery", "channels: [whatsapp]");
    let pushed = house.fine(&["templates", "push"]);
    assert_eq!(pushed.matches("grocery: order_near (en): submitted\n").count(), 1, "{pushed}");
    assert!(!pushed.contains("order_paid"), "the shop's own `follow order` runs, and never sends it: {pushed}");
    assert_eq!(house.fine(&["templates", "diff"]), "");
    let held = house.vendor("GET", &format!("{ACCOUNT}/message_templates"));
    assert!(held.to_string().contains("is on its way to you. Please keep your phone near."), "{held}");
}

/// No line of a flow sends it: the shop's system does.
#[test]
fn a_template_that_only_the_shops_system_sends_is_submitted() {
    let house = boutique();
    let flow = house.folder.read("shops/boutique/boutique.duka");
    let flow = flow.replace("use std.stop\n", "use std.stop\nuse std.back_in_stock\n").replace(
        "\nstate welcome\n",
        "\nstate watch\n  <-> std.back_in_stock with item\n  -> welcome\n\nstate welcome\n",
    );
    house.folder.write("shops/boutique/boutique.duka", flow);
    let profile = house.folder.read("shops/boutique/shop.yaml");
    house
        .folder
        .write("shops/boutique/shop.yaml", profile.replace("  payments: demo\n", "  payments: demo\n  alerts: demo\n"));
    let pushed = house.fine(&["templates", "push"]);
    assert_eq!(pushed.matches("boutique: back_in_stock (en): submitted\n").count(), 1, "{pushed}");
}

#[test]
fn forms_are_published_noted_and_compared() {
    let house = boutique();
    let list = house.fine(&["forms", "list"]);
    assert!(list.contains("boutique: delivery_details (boutique)  missing\n"), "{list}");
    assert_eq!(house.duka(&["forms", "diff"]).code, Some(1));
    let shown = house.fine(&["forms", "push", "--dry-run"]);
    assert!(shown.contains("\"type\": \"SingleColumnLayout\""), "{shown}");
    assert_eq!(house.vendor("GET", &format!("{ACCOUNT}/flows"))["data"], serde_json::json!([]));

    let pushed = house.fine(&["forms", "push"]);
    assert!(pushed.contains("boutique: delivery_details (boutique): published"), "{pushed}");
    let noted = house.folder.read("shops/boutique/forms.lock");
    assert!(noted.contains("\"status\": \"PUBLISHED\""), "{noted}");
    assert_eq!(house.fine(&["forms", "push"]), "boutique: every form that can be shown is published\n");
    assert_eq!(house.fine(&["forms", "diff"]), "");
    house.fine(&["forms", "pull"]);
    assert_eq!(house.folder.read("shops/boutique/forms.lock"), noted);

    // Another field makes another form; a file is asked for in the chat.
    let flow = house.folder.read("shops/boutique/boutique.duka");
    let changed = flow.replace("  submit: Save\n", "  field photo image optional: Photo of the door\n  submit: Save\n");
    house.folder.write("shops/boutique/boutique.duka", changed);
    let list = house.fine(&["forms", "list"]);
    assert!(
        list.contains(
            "boutique: delivery_details (boutique)  field by field\n  `photo` asks for a file, which a form at WhatsApp \
             does not take\n"
        ),
        "{list}"
    );
}

#[test]
fn a_shop_that_is_named_is_asked_for_whatever_is_wrong_with_another() {
    let house = boutique();
    house.folder.write("shops/stall/shop.yaml", "name: Stall\ncountry: KE\ncurrency: KES\nlanguages: [en]\n");
    house.folder.write("shops/stall/stall.duka", "duka 1\nflow stall\n  start nowhere\n");
    for what in ["templates", "forms"] {
        let named = house.fine(&[what, "list", "--shop", "boutique"]);
        assert!(named.starts_with("boutique: ") && named.contains("  missing\n"), "{named}");
        for all in [&[what, "list"][..], &[what, "list", "--shop", "stall"]] {
            let run = house.duka(all);
            assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
            assert!(run.err.contains("`shops/stall` has errors: `duka check shops/stall` shows them"), "{run:?}");
        }
        let unknown = house.duka(&[what, "list", "--shop", "nosuch"]);
        assert!(unknown.code == Some(2) && unknown.err.contains("There are: boutique, stall."), "{unknown:?}");
    }
}

#[test]
fn the_doctor_finds_what_customers_would_find() {
    let mut house = boutique();
    // Nothing is submitted yet, and the server is not started.
    let first = house.duka(&["doctor"]);
    assert_eq!(first.code, Some(1), "{first:?}");
    assert!(
        first.out.contains("fault    boutique: template receipt (Swahili): WhatsApp does not know it"),
        "{first:?}"
    );
    assert!(first.out.contains("warning  server: nothing answers on"), "{first:?}");

    house.fine(&["templates", "push"]);
    let key = house.key("read");
    house.serve("duka.toml");
    let well = house.fine(&["doctor"]);
    assert!(not_fine(&well).iter().all(|line| line.starts_with("warning  disk")), "{well}");
    for line in [
        "ok       Graph API version: v25.0, until 2028-07-29",
        "ok       clock: it agrees with the vendor's",
        "and its webhook as Meta expects",
        "WAL, every commit synced (FULL)",
        "connected, quality green, limit TIER_2K",
        "ok       boutique: templates: all 10 are approved as the flows have them",
    ] {
        assert!(well.contains(line), "{line} in {well}");
    }

    let known =
        house.until(|house| house.api("/shops/boutique/templates", &key).1, |known| known != &serde_json::json!([]));
    assert!(known.as_array().expect("a list").iter().all(|row| row["status"] == "APPROVED"), "{known}");
    let shop = house.api("/shops/boutique", &key).1;
    assert_eq!(shop["health"][0]["tier"], "TIER_2K", "{shop}");

    house.vendor("DELETE", &format!("{ACCOUNT}/subscribed_apps"));
    house.control("POST", "templates", r#"{"name": "receipt", "language": "en", "status": "PAUSED"}"#);
    let ill = house.duka(&["doctor"]);
    assert_eq!(ill.code, Some(1));
    let told = not_fine(&ill.out).join("\n");
    assert!(told.contains("fault    boutique: webhooks: no app gets the account's webhooks"), "{told}");
    assert!(told.contains("warning  boutique: template receipt (English): it is paused"), "{told}");

    assert!(!house.folder.path().join("files").exists(), "what was tried left nothing behind");

    let settings = house.folder.read("duka.toml").replace("env:TOKEN", "env:STALE");
    house.folder.write("stale.toml", settings.replace("[graph]\n", "[graph]\nversion = \"v19.0\"\n"));
    let stale = house.duka(&["doctor", "--config", "stale.toml", "--format", "json"]);
    assert_eq!(stale.code, Some(1));
    let lines: serde_json::Value = serde_json::from_str(&stale.out).expect("JSON");
    let faults = lines.as_array().expect("a list").iter().filter(|line| line["level"] == "fault");
    let faults: Vec<&str> = faults.filter_map(|line| line["found"].as_str()).collect();
    assert!(faults.iter().any(|found| found.contains("refused with code 190")), "{faults:?}");
    assert!(faults.iter().any(|found| found.contains("v19.0 ended on 2026-05-21")), "{faults:?}");
}

#[test]
fn the_doctor_tells_a_database_that_can_not_be_made() {
    let house = boutique();
    house.folder.write("plain.txt", "");
    house.settings("wrong.toml", "plain.txt/below/duka.db");
    let run = house.duka(&["doctor", "--config", "wrong.toml"]);
    let fault = "fault    database: `plain.txt` is no folder that this user may write in\n";
    assert!(run.code == Some(1) && run.out.contains(fault), "{run:?}");
    assert_eq!(house.duka(&["serve", "--config", "wrong.toml"]).code, Some(2), "nor does it start");
}

#[test]
fn the_doctor_tells_every_secret_that_is_missing_and_looks_at_the_rest() {
    let house = boutique();
    let settings = house.folder.read("duka.toml").replace("env:APP_SECRET", "env:NO_SECRET");
    let settings = settings.replace("env:VERIFY", "file:no-verify.txt");
    let payments = "[payments]\nurl = \"https://pay.example\"\nkey = \"env:NO_KEY\"\n";
    let people = "[handoff]\nurl = \"https://people.example\"\nsecret = \"env:NO_PEOPLE\"\n";
    house.folder.write("duka.toml", format!("{settings}{payments}{people}"));
    let profile = house.folder.read("shops/boutique/shop.yaml");
    let paid = "payments: { provider: paystack, secret_key: env:NO_PAYSTACK, email_domain: zuri.example }";
    house.folder.write("shops/boutique/shop.yaml", format!("{profile}\n{paid}\n"));
    let run = house.duka(&["doctor"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for line in [
        "fault    secret: `duka.toml`: `whatsapp.app_secret`: the environment has no `NO_SECRET`\n         Set it before",
        "fault    secret: `duka.toml`: `whatsapp.verify_token`: `no-verify.txt` can not be read",
        "fault    secret: `duka.toml`: `payments.key`: the environment has no `NO_KEY`",
        "fault    secret: `duka.toml`: `handoff.secret`: the environment has no `NO_PEOPLE`",
        "the environment has no `NO_PAYSTACK`",
        "ok       database: duka.db will be made at the first start",
        "ok       files: customers' files can be kept in files",
        "ok       clock: it agrees with the vendor's",
        "connected, quality green, limit TIER_2K",
        "fault    boutique: template receipt (Swahili): WhatsApp does not know it",
    ] {
        assert!(run.out.contains(line), "{line} in {}", run.out);
    }
    assert!(!run.out.contains("the settings name none"), "{}", run.out);
    for left in ["files", "duka.db"] {
        assert!(!house.folder.path().join(left).exists(), "{left} is left behind");
    }

    // Its own token is missing: nothing is asked for the shop, which is no second fault.
    house.folder.write("duka.toml", house.folder.read("duka.toml").replace("env:TOKEN", "env:NO_TOKEN"));
    let run = house.duka(&["doctor"]);
    assert!(run.out.contains("`whatsapp.token`: the environment has no `NO_TOKEN`"), "{run:?}");
    assert!(!run.out.contains("boutique: number") && !run.out.contains("access token"), "{run:?}");
}
