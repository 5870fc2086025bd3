//! One suite for all adapters: every trap, asked of each where it can occur. `UPDATE=1` writes the table.

use std::fmt::Write as _;

use duka_tests::tree::root;

use crate::real::Server;
use crate::shipped::{
    KINDS, Kind, OWN, Stage, Tried, a_lost_answer_places_one_order_of_the_same_lines,
    a_price_that_changed_is_asked_again, a_price_that_is_missing_is_not_known, a_word_that_nobody_knows_is_no_news,
    an_answer_of_200_that_is_none_is_no_order, every_digit_of_an_amount_is_kept, more_than_there_is_is_refused_whole,
    only_what_is_signed_is_believed, orders_of_others_are_left_alone, the_last_one_goes_to_one_of_two,
    two_orders_of_one_checkout_are_told, webhooks_are_known_again_and_read,
    what_customers_type_arrives_as_they_typed_it, what_nobody_counts_can_be_bought, what_was_not_told_is_asked_for,
};
use crate::{languages, paid, returns, served};

async fn tried(trap: &str, stage: &Stage) -> Tried {
    match trap {
        "1" => a_lost_answer_places_one_order_of_the_same_lines(stage).await,
        "2" => more_than_there_is_is_refused_whole(stage).await,
        "3" => an_answer_of_200_that_is_none_is_no_order(stage).await,
        "4" => a_price_that_is_missing_is_not_known(stage).await,
        "5" => a_price_that_changed_is_asked_again(stage).await,
        "6" => the_last_one_goes_to_one_of_two(stage).await,
        "7" => every_digit_of_an_amount_is_kept(stage).await,
        "8" => what_customers_type_arrives_as_they_typed_it(stage).await,
        "9" => webhooks_are_known_again_and_read(stage).await,
        "10" => only_what_is_signed_is_believed(stage).await,
        "11" => what_was_not_told_is_asked_for(stage).await,
        "13" => a_word_that_nobody_knows_is_no_news(stage).await,
        "14" => what_nobody_counts_can_be_bought(stage).await,
        "15" => orders_of_others_are_left_alone(stage).await,
        "16" => returns::one_however_often_it_is_asked_for(stage).await,
        "17" => two_orders_of_one_checkout_are_told(stage).await,
        "18" => paid::what_is_paid_arrives(stage).await,
        "19" => paid::money_for_what_was_let_go_confirms_nothing(stage).await,
        "20" => paid::letting_go_undoes_nothing_that_is_paid(stage).await,
        "21" => paid::what_has_sizes_is_none_of_them(stage).await,
        "22" => paid::lines_and_delivery_are_the_total(stage).await,
        "23" => languages::what_is_asked_in_one_language_is_not_told_in_another(stage).await,
        other => Err(format!("no such trap: {other}")),
    }
}

/// Why a trap can not occur for a kind, or where it is tried; without a kind, it is a server of Medusa.
fn is_elsewhere(trap: &str, kind: Option<&Kind>) -> Option<&'static str> {
    let is = |name: &str| kind.is_some_and(|kind| kind.name == name);
    match trap {
        // Of OAuth, which only a mapping of the merchant's own may have.
        "12" => Some(if is(OWN.name) { "held in `several.rs`" } else { "has a fixed key" }),
        "17" if kind.is_none_or(|kind| kind.pays.is_none()) => Some("places it here"),
        "21" if !is("woocommerce") && !is(OWN.name) => Some("each size is a thing"),
        _ => None,
    }
}

/// Number, and in words.
const TRAPS: &[(&str, &str)] = &[
    ("1", "an answer that is lost never doubles an order or a line"),
    ("2", "a refusal leaves nothing behind"),
    ("3", "200 that is a failure, 500 that is an answer"),
    ("4", "a missing price is not known, and never 0"),
    ("5", "a price that changed between bag and pay is asked again"),
    ("6", "two customers, the last one: one order, the other is told before paying"),
    ("7", "KWD 20.921, UGX 598510, INR 8,050.50"),
    ("8", "plus, Arabic, slash and percent arrive as they were typed"),
    ("9", "webhooks doubled, late, or of an order that is not known"),
    ("10", "signatures, good and bad; a ping that proves nothing"),
    ("11", "webhooks that stopped: the gap is seen and closed by asking"),
    ("12", "two at once renew one token"),
    ("13", "a status that nobody knows is in progress"),
    ("14", "what nobody counts can be bought, and what is oversold is sold out"),
    ("15", "orders that were made elsewhere in the shop are left alone"),
    ("16", "a return whose answer is lost, or that is asked for twice, is one"),
    ("17", "two orders of one checkout are told of"),
    ("18", "what is paid arrives as paid, however often it is said"),
    ("19", "money for an order that was let go confirms nothing"),
    ("20", "letting an order go undoes nothing that is paid or sent"),
    ("21", "what has sizes is only sold in one of them"),
    ("22", "lines and delivery add up to the total, with taxes"),
    ("23", "what is asked in one language is not told in another"),
];

const HEAD: &str = "# Adapters by trap\n\n\
    The traps of shops' interfaces, and whether each adapter holds: one suite, asked of all. `rest` is a mapping of the merchant's own\n\
    (`own.rest.yaml`); what else a mapping can say is tried by `conformance.rs`, `several.rs`, `fresh.rs` and `merchant.rs`. They are asked\n\
    of stand-ins over loopback; those of vendors were built from their documentation. `medusa 2.21.2` is a real server, as it answered\n\
    (`medusa.jsonl`, and CONTRIBUTING.md on how to ask one again). The demo has no column: it asks nobody and counts no stock.\n\
    Written and checked by `cargo test -p duka-tests --test adapter table`.\n\
    Of trap 11, webhooks that WooCommerce switches off and Shopify takes away are watched and told of: `cargo test -p duka-tests --test server vendors`.\n\n";

#[tokio::test]
async fn every_adapter_holds_at_every_trap() {
    let mut table = HEAD.to_string();
    let server = Server::found();
    let kinds: Vec<&'static Kind> = [&OWN].into_iter().chain(KINDS).collect();
    let names: Vec<String> = kinds.iter().map(|kind| kind.name.to_string()).chain([server.name()]).collect();
    writeln!(table, "| | trap | {} |", names.join(" | ")).expect("strings can be written to");
    writeln!(table, "|---|---|{}", "---|".repeat(names.len())).expect("strings can be written to");
    let mut wrong = Vec::new();
    for (trap, words) in TRAPS {
        let mut row = format!("| {trap} | {words} |");
        for (at, name) in names.iter().enumerate() {
            let kind = kinds.get(at).copied();
            if let Some(why) = is_elsewhere(trap, kind) {
                write!(row, " {why} |").expect("strings can be written to");
                continue;
            }
            let stage = match kind {
                Some(kind) => Stage::of(kind, "KES").await,
                None => Stage::served("KES", &server, trap).await,
            };
            let held = tried(trap, &stage).await;
            row.push_str(match (&held, *trap) {
                (Ok(()), "16") if stage.kind.returns.is_empty() => " knows no returns |",
                (Ok(()), _) => " held |",
                (Err(_), _) => " FELL |",
            });
            if let Err(why) = held {
                wrong.push(format!("{name} at trap {trap}: {why}\n{}", stage.vendor.log().join("\n")));
            }
        }
        writeln!(table, "{row}").expect("strings can be written to");
    }
    for (act, currency) in served::ACTS {
        let stage = Stage::served(currency, &server, act).await;
        if let Err(why) = served::tried(act, &stage).await {
            wrong.push(format!("{} at {act}: {why}\n{}", server.name(), stage.vendor.log().join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    server.keep();
    let path = root().join("tests/corpus/adapters.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &table).expect("a writable tree");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), table, "`UPDATE=1` writes it");
}
