//! The figures of `/metrics`, each with what it says: the one list that code, documentation and alerts go by. No figure
//! has a label with a shop, a customer or a text (TM13).

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// What kind of figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only rises.
    Counter,
    Gauge,
    Seconds,
}

/// Name, kind, labels, meaning.
pub const FIGURES: &[(&str, Kind, &str, &str)] = &[
    ("duka_webhooks_total", Kind::Counter, "status", "Webhooks, by the status they were answered with"),
    ("duka_webhook_seconds", Kind::Seconds, "", "From the head of a webhook to its answer, commit included"),
    ("duka_elements_total", Kind::Counter, "took", "Elements of webhooks, by what became of them"),
    ("duka_files_total", Kind::Counter, "end", "Files of customers: `kept`, or why not"),
    ("duka_uploads_total", Kind::Counter, "", "Files that were given to the vendor"),
    ("duka_commits_total", Kind::Counter, "", "Transactions that webhooks, turns and ends of attempts shared"),
    ("duka_attempts_total", Kind::Counter, "end", "Attempts to send a message, by how they ended"),
    (
        "duka_account_alarms_total",
        Kind::Counter,
        "",
        "Events of accounts, numbers and templates that need somebody's eye",
    ),
    ("duka_account_trouble_total", Kind::Counter, "", "Errors that the vendor reports of an account or a number"),
    ("duka_handoff_posts_total", Kind::Counter, "end", "What people were told, by how it ended"),
    ("duka_notices_total", Kind::Counter, "kind", "What people should hear of, by what it is"),
    ("duka_payments_total", Kind::Counter, "status", "Payments that moved: `paid`, `failed`, `expired`, `refunded`"),
    ("duka_payment_callbacks_total", Kind::Counter, "status", "Answered callbacks of payment providers"),
    ("duka_pay_pages_total", Kind::Counter, "shown", "Pay links that were opened, by what they showed"),
    ("duka_shop_webhooks_total", Kind::Counter, "status", "Answered webhooks of shops' own systems"),
    ("duka_queries_total", Kind::Counter, "from", "Queries to shops' own systems: `memory` while fresh, or `asked`"),
    ("duka_order_gaps_total", Kind::Counter, "", "Orders whose news was lost and was asked for"),
    ("duka_shop_webhooks_off", Kind::Gauge, "", "Webhooks that shops' own systems have switched off or taken away"),
    ("duka_early_order_news_total", Kind::Counter, "", "News of orders that came before the order was known"),
    ("duka_card_numbers_total", Kind::Counter, "", "Messages that a card number was taken out of"),
    (
        "duka_customer_floods_total",
        Kind::Counter,
        "",
        "Messages that were more than one customer may write in a minute",
    ),
    (
        "duka_files_purged_total",
        Kind::Counter,
        "",
        "Files that went before their time, since their shop's room was used up",
    ),
    ("duka_form_requests_total", Kind::Counter, "status", "What forms asked while they were filled in, by status"),
    ("duka_reloads_total", Kind::Counter, "outcome", "Reloads of shops: `changed`, `unchanged`, `broken`"),
    ("duka_statuses_total", Kind::Counter, "status", "What the vendor says of sent messages, by word"),
    (
        "duka_calls_waited_total",
        Kind::Counter,
        "end",
        "Calls that waited, since too many of their shop's system were open: `asked` in the end, or `late`",
    ),
    (
        "duka_breakers_opened_total",
        Kind::Counter,
        "",
        "Backends of shops that failed again and again and are left alone",
    ),
    (
        "duka_cost_messages",
        Kind::Gauge,
        "category, pricing",
        "Messages that were delivered this month, as the vendor counts them",
    ),
    ("duka_cost_amount", Kind::Gauge, "category, currency", "What they cost by the rate card"),
    ("duka_handoff_posts_open", Kind::Gauge, "", "What people are to be told and are not told yet"),
    ("duka_numbers_stopped", Kind::Gauge, "", "Numbers that nothing is sent from until somebody acts"),
    ("duka_numbers_warned", Kind::Gauge, "", "Numbers that the vendor warns of, and holds something back of"),
    ("duka_numbers_red", Kind::Gauge, "", "Numbers of low quality"),
    (
        "duka_numbers_high_throughput",
        Kind::Gauge,
        "",
        "Numbers that the vendor has raised to its higher throughput, of 1,000 messages a second",
    ),
    ("duka_templates_unusable", Kind::Gauge, "", "Templates that are paused or disabled"),
    ("duka_log_lines_lost_total", Kind::Counter, "", "Lines of the log that nobody took in time"),
    ("duka_disk_free_bytes", Kind::Gauge, "place", "Free space where the `database` and customers' `files` are kept"),
    ("duka_disk_reserve_bytes", Kind::Gauge, "", "What is to stay free: with less, no new work is taken"),
    ("duka_database_checked", Kind::Gauge, "", "1 once the embedded database was read through since the start"),
    ("duka_send_hold_seconds", Kind::Gauge, "", "How long a message of unknown fate is held, of the slowest number"),
    ("duka_shops", Kind::Gauge, "", "Shops that are served"),
    ("duka_inbox_rows", Kind::Gauge, "", "Events that wait for their turn"),
    ("duka_sends_open", Kind::Gauge, "", "Messages that are not sent yet"),
    ("duka_sends_unknown", Kind::Gauge, "", "Messages whose fate is not known"),
    ("duka_quarantine_rows", Kind::Gauge, "", "What could not be processed and waits for a person"),
];

/// Bounds of the buckets for seconds: around the vendor's wish of 250 ms (whatsapp-cloud-api 2.5).
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Gathers figures from here on.
///
/// # Errors
/// They are gathered already.
pub fn begin() -> Result<PrometheusHandle, BuildError> {
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_string()), BUCKETS)?;
    let handle = builder.install_recorder()?;
    for (name, kind, _, meaning) in FIGURES {
        match kind {
            Kind::Counter => describe_counter!(*name, *meaning),
            Kind::Gauge => describe_gauge!(*name, *meaning),
            Kind::Seconds => describe_histogram!(*name, Unit::Seconds, *meaning),
        }
    }
    Ok(handle)
}
