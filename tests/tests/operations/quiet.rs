//! Logs at every level and all figures, after a customer has talked, paid and asked for a person: not a word of it.

use std::io::Write;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, PoisonError};

use duka_runtime::ops::logs::panicked;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::stage::{CUSTOMER, Stage};

/// All that was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_and_no_figure_tells_a_text_a_number_or_a_name() {
    let lines = Lines::default();
    let logs = tracing_subscriber::fmt().json().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
    // Spans too, which tell at their end what they hold.
    let logs = logs.with_span_events(FmtSpan::CLOSE);
    logs.with_writer(lines.clone()).try_init().expect("the only ones who log");
    std::panic::set_hook(Box::new(panicked));
    let card = "from,market,currency,service\n2026-01-01,*,USD,0.004\n";
    let write = |shop: &std::path::Path| std::fs::write(shop.join("rates.csv"), card).expect("a writable folder");
    let settings = |text: String| text + "[costs]\nrates = \"boutique/rates.csv\"\n";
    let mut stage = Stage::with_folder(write, settings).await;
    for words in ["hi", "Njeri wants the zebra-striped kanga", "agent", "my secret is xylophone-4711", "are you there?"]
    {
        stage.writes(words).await;
        if words != "are you there?" {
            stage.sees().await;
        }
    }
    let forged = stage.http.post(format!("{}/webhooks/whatsapp", stage.base)).body("xylophone-4711 forged");
    forged.send().await.expect("an answer");
    // What a panic says may be what a customer wrote.
    assert!(catch_unwind(|| panic!("byte 3 of `zebra-striped` is no letter")).is_err());
    let mut figures = String::new();
    for _ in 0..200 {
        let answer = stage.http.get(format!("{}/metrics", stage.base)).send().await.expect("an answer");
        figures = answer.text().await.expect("a text");
        // Deliveries are told a moment later.
        if figures.contains("duka_cost_amount") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let free = "duka_cost_messages{category=\"service\",pricing=\"free_customer_service\"}";
    assert!(
        figures.contains(free) && figures.contains("duka_cost_amount{category=\"service\",currency=\"USD\"} 0"),
        "{figures}"
    );
    assert!(figures.contains("duka_webhooks_total") && figures.contains("duka_numbers_stopped"), "{figures}");
    stage.end().await;
    let logged = String::from_utf8_lossy(&lines.0.lock().unwrap_or_else(PoisonError::into_inner)).to_string();
    assert!(logged.contains("something inside Duka panicked") && logged.contains("quiet.rs:"), "the place is told");
    assert!(logged.lines().count() > 20, "it was logged at all");
    for (span, field) in [("webhook", "\"status\":200"), ("turn", "\"sends\":1"), ("send", "\"end\":\"accepted\"")] {
        let name = format!("\"name\":\"{span}\"");
        let closed =
            logged.lines().any(|line| line.contains("\"duka_span\"") && line.contains(&name) && line.contains(field));
        assert!(closed, "no span `{span}` with {field}");
    }
    for secret in [CUSTOMER, "kanga", "Njeri", "xylophone", "zebra", "a token", "an app secret"] {
        for (what, text) in [("the log", &logged), ("the figures", &figures)] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{what} tells `{secret}`");
        }
    }
}
