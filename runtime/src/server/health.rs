//! Whether the process lives, whether it takes work, and its figures. Names no shop and no customer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tokio::sync::Mutex;

use super::Server;
use crate::costs::month;
use crate::id::ShopScope;
use crate::ops::logs;
use crate::store::{self, TemplateRow};

/// The store must answer within this.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// 200 while new work is taken: the store answers and can be written, and nobody has asked the process to end.
pub(super) async fn ready(State(server): State<Arc<Server>>) -> Response {
    if server.draining.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "going down\n").into_response();
    }
    if server.host.store.is_broken() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the disk has refused a commit\n").into_response();
    }
    if server.disk.is_low() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the disk is nearly full\n").into_response();
    }
    let asked = async { server.host.store.read(ShopScope::NONE).await?.meta_get(ShopScope::NONE, "running").await };
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(_)) => "ready\n".into_response(),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

/// When the backlog was counted last, and how long that took.
#[derive(Debug, Default)]
pub struct Backlog {
    // Held while it is counted: who asks meanwhile waits for that count instead of making another.
    counted: Mutex<Option<(Instant, Duration)>>,
}

/// Counting takes at most this part of the time, however often it is asked for.
const PART: u32 = 20;
/// But figures are not older than this.
const OLDEST: Duration = Duration::from_secs(60);

/// Prometheus text. The backlog is counted when it is asked for, unless the last count is still young for what it took; a store
/// that does not answer leaves its figures as they were.
pub(super) async fn figures(State(server): State<Arc<Server>>) -> Response {
    match &server.figures {
        Some(figures) => {
            let _ = tokio::time::timeout(PATIENCE, count_in_turn(&server)).await;
            ([(CONTENT_TYPE, "text/plain; version=0.0.4")], figures.render()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn count_in_turn(server: &Server) -> Result<(), store::Error> {
    let mut counted = server.backlog.counted.lock().await;
    let is_young = |(at, took): &(Instant, Duration)| at.elapsed() < took.saturating_mul(PART).min(OLDEST);
    if counted.as_ref().is_some_and(is_young) {
        return Ok(());
    }
    let begun = Instant::now();
    count(server).await?;
    *counted = Some((Instant::now(), begun.elapsed()));
    Ok(())
}

async fn count(server: &Server) -> Result<(), store::Error> {
    let routes = server.registry.now();
    let (mut inbox, mut open, mut unknown, mut quarantine, mut posts) = (0, 0, 0, 0, 0);
    let (mut stopped, mut warned, mut red, mut high, mut templates) = (0, 0, 0, 0, 0);
    let now_ms = server.host.clock.now_ms();
    let month = month(now_ms);
    let mut messages: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut amounts: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for shop in &routes.shops {
        let mut tx = server.host.store.read(shop.scope).await?;
        let counts = tx.counts(shop.scope).await?;
        let health = tx.health(shop.scope).await?;
        stopped += health.iter().filter(|number| !number.stopped.is_empty()).count();
        warned += health.iter().filter(|number| number.warned(now_ms).next().is_some()).count();
        red += health.iter().filter(|number| number.quality.eq_ignore_ascii_case("red")).count();
        high += health.iter().filter(|number| number.throughput.eq_ignore_ascii_case("high")).count();
        let unusable = |template: &TemplateRow| ["PAUSED", "DISABLED"].contains(&template.status.as_str());
        templates += tx.templates(shop.scope).await?.iter().filter(|it| unusable(it)).count();
        for row in tx.costs(shop.scope, month, month).await? {
            let key = (row.category.to_string(), row.pricing.to_string());
            *messages.entry(key).or_default() += row.messages;
            if let Some(rate) = server.config.rates.of(&row) {
                let key = (row.category.to_string(), rate.currency.to_string());
                *amounts.entry(key).or_default() += rate.each * Decimal::from(row.messages);
            }
        }
        tx.rollback().await?;
        posts += counts.posts;
        inbox += counts.inbox;
        open += counts.waiting + counts.ready + counts.sending + counts.unknown;
        unknown += counts.unknown;
        quarantine += counts.quarantine;
    }
    let mut nobodys = server.host.store.read(ShopScope::NONE).await?;
    quarantine += nobodys.counts(ShopScope::NONE).await?.quarantine;
    nobodys.rollback().await?;
    counter!("duka_log_lines_lost_total").absolute(logs::lost());
    gauge!("duka_send_hold_seconds").set(server.host.holding.longest_ms() as f64 / 1_000.0);
    server.disk.show();
    gauge!("duka_shops").set(routes.shops.len() as f64);
    gauge!("duka_inbox_rows").set(inbox as f64);
    gauge!("duka_sends_open").set(open as f64);
    gauge!("duka_sends_unknown").set(unknown as f64);
    gauge!("duka_quarantine_rows").set(quarantine as f64);
    gauge!("duka_handoff_posts_open").set(posts as f64);
    gauge!("duka_numbers_stopped").set(stopped as f64);
    gauge!("duka_numbers_warned").set(warned as f64);
    gauge!("duka_numbers_red").set(red as f64);
    gauge!("duka_numbers_high_throughput").set(high as f64);
    gauge!("duka_templates_unusable").set(templates as f64);
    for ((category, pricing), count) in messages {
        gauge!("duka_cost_messages", "category" => category, "pricing" => pricing).set(count as f64);
    }
    for ((category, currency), amount) in amounts.into_iter().filter(|((_, currency), _)| !currency.is_empty()) {
        let amount = amount.to_f64().unwrap_or_default();
        gauge!("duka_cost_amount", "category" => category, "currency" => currency).set(amount);
    }
    Ok(())
}
