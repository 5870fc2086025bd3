//! A process that dies at every named point, and another in its place: nothing lost, doubled or reordered. The rows are
//! made from the list of points in the code; a new point without a row does not compile.

use duka_runtime::host::points::{Blow, Point, Points};
use duka_runtime::host::transport::SendRequest;
use duka_runtime::host::writer::Took;
use duka_runtime::store::{Delivery, SendState, Store};

use crate::house::{House, on_every_store, words};

/// What the process was doing when it died.
enum Doing {
    /// Accepting a webhook: it was not acknowledged, and comes again.
    Accepting,
    /// Something of its own.
    Working,
}

/// The row of a point.
fn row(point: Point) -> Doing {
    match point {
        Point::IngestBegun
        | Point::IngestAdmitted
        | Point::WorkStepped
        | Point::WorkBeforeCommit
        | Point::WorkAfterCommit => Doing::Accepting,
        Point::WorkClaimed | Point::SendClaimed | Point::SendBeforeMark | Point::CallClaimed | Point::CallAnswered => {
            Doing::Working
        }
    }
}

/// Two customers who count, put things into their bag, and get three messages at once.
pub const SCRIPT: &[(&str, &str)] =
    &[("1", "a1"), ("2", "b1"), ("1", "bag"), ("1", "a2"), ("2", "more"), ("2", "b2"), ("1", "a3"), ("2", "bag")];

const EXPECTED: [(&str, &[&str]); 2] = [
    ("1", &["ack a1 n=1", "In your bag: 1", "ack a2 n=2", "ack a3 n=3"]),
    ("2", &["ack b1 n=1", "One", "Two", "Three", "ack b2 n=2", "In your bag: 1"]),
];

#[test]
fn at_every_point_nothing_is_lost_doubled_or_reordered() {
    for point in Point::ALL {
        for after in [0, 1, 4] {
            on_every_store(async |store: Store| {
                let struck = died(store, point, after).await;
                assert!(struck || after > 2, "{} was never reached", point.name());
            });
        }
    }
}

/// Plays the script with a process that dies at a point; whether it did.
async fn died(store: Store, point: Point, after: u32) -> bool {
    let first = House::new(store).await;
    first.holds.begin(true).await.expect("the store answers");
    for customer in ["1", "2"] {
        first.begin(customer).await;
    }
    let points = Points::armed(point, Blow::Error, after);
    let mut house = first.taken_over(points.clone(), 2).await;
    if point == Point::WorkClaimed {
        // Nothing else has to wait in the inbox here.
        house.writer.be_careful();
    }
    for (at, (customer, text)) in SCRIPT.iter().enumerate() {
        let id = format!("m{at}");
        if house.receive(vec![house.text(customer, &id, text)]).await.is_err() {
            assert!(matches!(row(point), Doing::Accepting | Doing::Working));
            house = house.restarted(3).await;
            // Not acknowledged, so it comes again.
            let took = house.receive(vec![house.text(customer, &id, text)]).await.expect("kept");
            assert_ne!(took, [Took::Dropped]);
        }
        if round(&house).await.is_err() {
            assert!(matches!(row(point), Doing::Working) || points.has_struck());
            house = house.restarted(4).await;
        }
    }
    for _ in 0..20 {
        if round(&house).await.is_err() {
            house = house.restarted(5).await;
        }
        house.clock.advance(500);
    }
    let house = house.restarted(6).await;
    // Statuses come for whatever was accepted, and time passes.
    for (request, id) in accepted(&house) {
        house.tell(&request, &id, Delivery::Delivered, 0).await;
    }
    house.wait(120_000).await;
    held(&house, point.name()).await;
    points.has_struck()
}

async fn round(house: &House) -> Result<(), String> {
    house.worker.run_once().await.map_err(|error| error.to_string())?;
    house.calls.run_once().await.map_err(|error| error.to_string())?;
    house.worker.run_once().await.map_err(|error| error.to_string())?;
    house.outbox.run_once().await.map_err(|error| error.to_string())?;
    Ok(())
}

pub fn accepted(house: &House) -> Vec<(SendRequest, String)> {
    let requests = house.provider.requests();
    requests.into_iter().enumerate().map(|(at, request)| (request, format!("wamid.{}", at + 1))).collect()
}

/// Each customer was told everything once, in order.
pub async fn held(house: &House, when: &str) {
    for (customer, expected) in EXPECTED {
        let conversation = house.conversation(customer).await;
        assert_eq!(house.said(conversation).await, expected, "{when}: what customer {customer} is told");
        let rows = house.rows(conversation).await;
        assert!(rows.iter().all(|row| row.facts.state == SendState::Accepted), "{when}: {rows:?}");
        let requests = house.provider.requests();
        let got: Vec<_> = requests.iter().filter(|it| it.conversation == conversation).map(|it| it.send).collect();
        let wanted: Vec<_> = rows.iter().map(|row| row.send.id).collect();
        let asked: Vec<String> = rows.iter().map(|row| words(&row.send.body)).collect();
        assert_eq!(got, wanted, "{when}: {asked:?}: each once and in order");
    }
}

#[test]
fn an_armed_point_is_of_one_host_and_a_production_host_has_none() {
    let points = Points::default();
    assert!(Point::ALL.into_iter().all(|point| points.hit(point).is_ok()));
    for point in Point::ALL {
        assert_eq!(Point::named(point.name()), Some(point));
    }
}
