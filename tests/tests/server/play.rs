//! The boutique as its customer knows it, from `hi` to the order, by signed webhooks.

use crate::stage::Stage;

/// What the customer does, and words that the next message has.
const PLAY: &[(&str, &str, &str)] = &[
    ("writes", "hi", "Welcome to *Zuri Boutique*"),
    ("taps", "Shop", "What are you looking for?"),
    ("taps", "Dresses", "Dresses: this is what we have right now."),
    ("taps", "Kitenge wrap dress", "KES 2,500"),
    ("taps", "Add to bag", "How many would you like?"),
    ("writes", "2", "Total *KES 5,000*"),
    ("taps", "Change", "Which one would you like to change?"),
    ("taps", "Kitenge wrap dress", "How many Kitenge wrap dress?"),
    ("writes", "1", "Total *KES 2,500*"),
    ("taps", "Check out", "How would you like to get it?"),
    ("taps", "Pick up in shop", "Total KES 2,500"),
    ("writes", "language", ""),
    ("taps", "2", ""),
    ("waits", "", "Jumla KES 2,500"),
    ("writes", "stop", "Hatutakutumia tena habari"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_buys_in_the_boutique_changes_the_language_and_says_stop() {
    let mut stage = Stage::boutique().await;
    for (act, what, expected) in PLAY {
        match *act {
            "taps" => stage.taps(what).await,
            "waits" => {}
            _ => stage.writes(what).await,
        }
        let shown = stage.sees().await;
        let text = shown["text"].as_str().unwrap_or("");
        assert!(text.contains(expected), "after `{what}`: {text}");
    }
    stage.end().await;
}
