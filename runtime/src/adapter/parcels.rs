//! What parcels on the road mean for their order: told only when all of them are there, and never backwards. Asks nobody
//! and keeps nothing; what an order has been told already is in its conversation.
//!
//! Statuses and their ranks are the common denominator of tracking services and carriers, checked in November 2026.

use duka_engine::hir::Shop;
use duka_engine::types::RecordId;
use duka_engine::value::Value;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The operation that asks for one parcel by its carrier's number, and the one that asks for all of an order.
pub const TRACK: &str = "parcels.track";
pub const OF_ORDER: &str = "parcels.of_order";

/// One parcel as a carrier tells it, by the contract `parcels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    pub carrier: SmolStr,
    pub number: SmolStr,
    /// The shop's number of its order.
    pub order: Option<SmolStr>,
    pub status: Status,
    /// When its carrier saw it there, ms since 1970; `None`: it does not tell.
    pub seen_ms: Option<i64>,
    pub url: Option<SmolStr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Unknown,
    LabelCreated,
    PickedUp,
    InTransit,
    ReadyForPickup,
    OutForDelivery,
    AttemptFailed,
    Delivered,
    Returning,
    Returned,
    Cancelled,
    Lost,
    Damaged,
}

impl Status {
    const ALL: [(&str, Status, u8); 13] = [
        ("unknown", Status::Unknown, 0),
        ("label_created", Status::LabelCreated, 10),
        ("picked_up", Status::PickedUp, 20),
        ("in_transit", Status::InTransit, 30),
        ("ready_for_pickup", Status::ReadyForPickup, 40),
        ("out_for_delivery", Status::OutForDelivery, 50),
        ("attempt_failed", Status::AttemptFailed, 55),
        ("delivered", Status::Delivered, 60),
        ("returning", Status::Returning, 70),
        ("returned", Status::Returned, 80),
        ("cancelled", Status::Cancelled, 90),
        ("lost", Status::Lost, 90),
        ("damaged", Status::Damaged, 90),
    ];

    pub fn of(word: &str) -> Option<Status> {
        Status::ALL.iter().find(|(known, ..)| *known == word).map(|(_, status, _)| *status)
    }

    pub fn word(self) -> &'static str {
        Status::ALL.iter().find(|(_, status, _)| *status == self).map_or("", |(word, ..)| word)
    }

    /// How far a parcel is; it only goes forward.
    pub fn rank(self) -> u8 {
        Status::ALL.iter().find(|(_, status, _)| *status == self).map_or(0, |(.., rank)| *rank)
    }
}

/// What parcels mean for their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollUp {
    /// Nothing that a customer needs to hear.
    Nothing,
    /// The order has this status now.
    Moved(&'static str),
    /// A person has to decide.
    Person(&'static str),
}

/// The record of the contract; `None` in a shop without it.
pub fn record(shop: &Shop) -> Option<RecordId> {
    let at = shop.records.iter().position(|record| record.name == "parcel")?;
    u16::try_from(at).ok().map(RecordId)
}

impl Parcel {
    /// Reads a value of the contract's record.
    pub fn read(shop: &Shop, value: &Value) -> Option<Parcel> {
        let record = shop.records.get(usize::from(record(shop)?.0))?;
        let Value::Record(fields) = value else { return None };
        let text = |name: &str| {
            let (at, _) = record.field(name)?;
            if let Value::Text(text) = fields.get(usize::from(at))? { Some(text.clone()) } else { None }
        };
        let moment = || {
            let (at, _) = record.field("seen")?;
            if let Value::Moment(at_ms) = fields.get(usize::from(at))? { Some(*at_ms) } else { None }
        };
        Some(Parcel {
            carrier: text("carrier")?,
            number: text("number")?,
            order: text("order").filter(|order| !order.is_empty()),
            status: Status::of(&text("status")?)?,
            seen_ms: moment(),
            url: text("url"),
        })
    }

    /// The same today: one that was with the driver on another day, and was not handed over, is on its way.
    pub fn today(self, began_ms: i64) -> Parcel {
        let of_another_day = self.seen_ms.is_some_and(|seen_ms| seen_ms < began_ms);
        let status =
            if self.status == Status::OutForDelivery && of_another_day { Status::InTransit } else { self.status };
        Parcel { status, ..self }
    }

    /// Whether that is who brings it: shops and carriers do not write a carrier's name alike.
    pub fn is_by(&self, carrier: &str) -> bool {
        self.carrier.to_lowercase() == carrier.to_lowercase()
    }
}

/// An order with where and by what its parcel can be followed, unless it has that of its own: the code of the one that was just
/// told, at the address that the shop has first.
pub fn followed(shop: &Shop, mut order: Value, known: &[Parcel], told: &Parcel) -> Value {
    let own = known.iter().filter(|parcel| parcel.number == told.number);
    let mut links = own.chain(known).filter_map(|parcel| parcel.url.as_ref());
    let link = links.find(|url| url.starts_with("https://")).or(told.url.as_ref());
    let record = shop.known_records.order.and_then(|id| shop.records.get(usize::from(id.0)));
    let Value::Record(fields) = &mut order else { return order };
    let empty = |name: &str| {
        let (at, _) = record?.field(name)?;
        matches!(fields.get(usize::from(at)), Some(Value::None)).then_some(usize::from(at))
    };
    let code = empty("tracking_code");
    // Another code of the order's own is of another carrier.
    let is_its = code.is_some() || fields.contains(&Value::Text(told.number.clone()));
    let carrier = empty("carrier").filter(|_| is_its && !told.carrier.is_empty());
    let new = [(empty("tracking_url"), link), (code, Some(&told.number)), (carrier, Some(&told.carrier))];
    let fill = |(here, field): (usize, &Value)| {
        let text = new.iter().find_map(|(at, text)| text.filter(|_| *at == Some(here)));
        text.map_or_else(|| field.clone(), |text| Value::Text(text.clone()))
    };
    *fields = fields.iter().enumerate().map(fill).collect();
    order
}

/// All parcels of an order, of which one was just told: of what is known of it twice the further stands. Who was not found once is
/// tried again, or fetches it; what was given up can be found later. A number is one parcel, whatever its carrier is called,
/// unless several have it.
pub fn with(mut parcels: Vec<Parcel>, told: Parcel) -> Vec<Parcel> {
    let again = |known: &Parcel| {
        matches!(
            (known.status, told.status),
            (Status::AttemptFailed, Status::OutForDelivery | Status::ReadyForPickup)
                | (Status::OutForDelivery, Status::ReadyForPickup)
        )
    };
    let is_found = |known: &Parcel| {
        let is_later = known.seen_ms.zip(told.seen_ms).is_some_and(|(before_ms, now_ms)| before_ms < now_ms);
        is_later
            && matches!(
                (known.status, told.status),
                (Status::Returning | Status::Lost | Status::Damaged, Status::OutForDelivery | Status::Delivered)
            )
    };
    let same: Vec<usize> =
        (0..).zip(&parcels).filter(|(_, known)| known.number == told.number).map(|(at, _)| at).collect();
    let at = match same.as_slice() {
        [one] => Some(*one),
        several => several.iter().copied().find(|at| parcels.get(*at).is_some_and(|known| known.is_by(&told.carrier))),
    };
    match at.and_then(|at| parcels.get_mut(at)) {
        Some(known) if known.status.rank() < told.status.rank() || again(known) || is_found(known) => {
            *known = told;
        }
        Some(_) => {}
        None => parcels.push(told),
    }
    parcels
}

/// Whether what was once told is still of one of these parcels. Where several have its number, its carrier tells which.
pub fn is_one_of(parcels: &[Parcel], told: &Parcel) -> bool {
    let mut same = parcels.iter().filter(|known| known.number == told.number);
    let is_alone = same.clone().count() == 1;
    same.any(|known| is_alone || known.is_by(&told.carrier))
}

/// What news of one of these parcels mean for their order. That a customer was not found, or has to fetch
/// it, is said of the order whatever its other parcels do: once a day, and once.
pub fn news(parcels: &[Parcel], told: &Parcel) -> RollUp {
    let stands = parcels.iter().any(|known| known.number == told.number && known.status == told.status);
    match (told.status, roll_up(parcels)) {
        (_, RollUp::Person(why)) => RollUp::Person(why),
        (Status::AttemptFailed | Status::ReadyForPickup, _) if stands => RollUp::Moved(told.status.word()),
        (_, meant) => meant,
    }
}

/// What the parcels of one order mean for it. Voided ones do not count.
pub fn roll_up(parcels: &[Parcel]) -> RollUp {
    let live: Vec<Status> =
        parcels.iter().map(|parcel| parcel.status).filter(|status| *status != Status::Cancelled).collect();
    let any = |wanted: Status| live.contains(&wanted);
    let all = |wanted: &[Status]| !live.is_empty() && live.iter().all(|status| wanted.contains(status));
    if any(Status::Lost) || any(Status::Damaged) {
        return RollUp::Person("a parcel is lost or damaged");
    }
    if all(&[Status::Returned]) {
        return RollUp::Moved("returned");
    }
    if any(Status::Returning) || any(Status::Returned) {
        return RollUp::Person("a parcel goes back to the shop");
    }
    if all(&[Status::Delivered]) {
        return RollUp::Moved("delivered");
    }
    if any(Status::OutForDelivery)
        && all(&[Status::OutForDelivery, Status::AttemptFailed, Status::ReadyForPickup, Status::Delivered])
    {
        return RollUp::Moved("out_for_delivery");
    }
    if live.iter().any(|status| status.rank() >= Status::PickedUp.rank()) {
        return RollUp::Moved("shipped");
    }
    RollUp::Nothing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(carrier: &str, number: &str, status: Status) -> Parcel {
        Parcel {
            carrier: carrier.into(),
            number: number.into(),
            order: Some("A-1".into()),
            status,
            seen_ms: None,
            url: None,
        }
    }

    #[test]
    fn an_order_is_there_when_all_its_parcels_are() {
        let cases: [(&[Status], RollUp); 12] = [
            (&[], RollUp::Nothing),
            (&[Status::Unknown], RollUp::Nothing),
            (&[Status::LabelCreated, Status::LabelCreated], RollUp::Nothing),
            (&[Status::LabelCreated, Status::PickedUp], RollUp::Moved("shipped")),
            (&[Status::OutForDelivery, Status::InTransit], RollUp::Moved("shipped")),
            (&[Status::OutForDelivery, Status::Delivered], RollUp::Moved("out_for_delivery")),
            (&[Status::Delivered, Status::InTransit], RollUp::Moved("shipped")),
            (&[Status::Delivered, Status::Delivered], RollUp::Moved("delivered")),
            (&[Status::Delivered, Status::Cancelled], RollUp::Moved("delivered")),
            (&[Status::Returned, Status::Delivered], RollUp::Person("a parcel goes back to the shop")),
            (&[Status::Returned], RollUp::Moved("returned")),
            (&[Status::Delivered, Status::Lost], RollUp::Person("a parcel is lost or damaged")),
        ];
        for (statuses, expected) in cases {
            let parcels: Vec<Parcel> = (0..).zip(statuses).map(|(n, it)| parcel("dhl", &format!("{n}"), *it)).collect();
            assert_eq!(roll_up(&parcels), expected, "{statuses:?}");
        }
    }

    #[test]
    fn what_is_late_takes_nothing_back_and_two_carriers_may_have_one_number() {
        let known = vec![parcel("dhl", "7", Status::Delivered)];
        let late = with(known.clone(), parcel("dhl", "7", Status::InTransit));
        assert_eq!(late, known);
        let both = vec![parcel("DHL", "7", Status::Delivered), parcel("Aramex", "7", Status::PickedUp)];
        let other = with(both.clone(), parcel("aramex", "7", Status::InTransit));
        assert_eq!((other.len(), roll_up(&other)), (2, RollUp::Moved("shipped")));
        let there = with(both, parcel("aramex", "7", Status::Delivered));
        assert_eq!((there.len(), roll_up(&there)), (2, RollUp::Moved("delivered")));
    }

    #[test]
    fn a_carrier_by_another_name_brings_the_same_parcel() {
        let known = vec![parcel("Aramex Kenya", "7", Status::PickedUp)];
        let there = with(known, parcel("aramex", "7", Status::Delivered));
        assert_eq!((there.len(), roll_up(&there)), (1, RollUp::Moved("delivered")));
    }

    #[test]
    fn what_was_given_up_can_be_found_later() {
        let at = |status, seen_ms| Parcel { seen_ms, ..parcel("dhl", "7", status) };
        for given_up in [Status::Returning, Status::Lost, Status::Damaged] {
            let known = |seen_ms| vec![at(given_up, seen_ms)];
            for (status, seen_ms, is_found) in [
                (Status::Delivered, Some(6_000), true),
                (Status::OutForDelivery, Some(6_000), true),
                (Status::Delivered, Some(5_000), false),
                (Status::Delivered, None, false),
                (Status::InTransit, Some(6_000), false),
            ] {
                let found = with(known(Some(5_000)), at(status, seen_ms));
                let expected = if is_found { status } else { given_up };
                assert_eq!(found[0].status, expected, "{given_up:?} {status:?} {seen_ms:?}");
            }
            let by_its_shop = with(known(None), at(Status::Delivered, Some(6_000)));
            assert_eq!(by_its_shop[0].status, given_up, "nobody knows which is later");
        }
        let back = with(vec![at(Status::Returned, Some(5_000))], at(Status::Delivered, Some(6_000)));
        assert_eq!(back[0].status, Status::Returned);
    }

    #[test]
    fn what_was_told_of_a_parcel_that_is_listed_twice_is_kept_by_its_carrier() {
        let told = |carrier| parcel(carrier, "7", Status::InTransit);
        let once = [parcel("dhl", "7", Status::PickedUp), parcel("dhl", "8", Status::PickedUp)];
        let twice = [parcel("dhl", "7", Status::PickedUp), parcel("dhl", "7", Status::PickedUp)];
        assert!(is_one_of(&once, &told("aramex")) && is_one_of(&twice, &told("DHL")));
        assert!(!is_one_of(&twice, &told("aramex")) && !is_one_of(&[], &told("dhl")));
    }

    #[test]
    fn who_was_not_found_or_has_to_fetch_it_is_told_of_each_parcel() {
        let known = vec![parcel("dhl", "7", Status::OutForDelivery), parcel("dhl", "8", Status::InTransit)];
        let of = |known: &[Parcel], status| {
            let told = parcel("dhl", "7", status);
            news(&with(known.to_vec(), told.clone()), &told)
        };
        assert_eq!(of(&known, Status::AttemptFailed), RollUp::Moved("attempt_failed"));
        assert_eq!(of(&known, Status::ReadyForPickup), RollUp::Moved("ready_for_pickup"));
        let there = [parcel("dhl", "7", Status::Delivered)];
        assert_eq!(of(&there, Status::AttemptFailed), RollUp::Moved("delivered"), "what is late is no news");
    }

    #[test]
    fn who_was_not_found_is_tried_again_and_what_was_out_on_another_day_is_not_out_today() {
        let known = vec![parcel("dhl", "7", Status::AttemptFailed)];
        let out = Parcel { seen_ms: Some(5_000), ..parcel("dhl", "7", Status::OutForDelivery) };
        let of = |began_ms| roll_up(&with(known.clone(), out.clone().today(began_ms)));
        assert_eq!((of(4_000), of(6_000)), (RollUp::Moved("out_for_delivery"), RollUp::Moved("shipped")));
        let there = Parcel { seen_ms: Some(5_000), ..parcel("dhl", "7", Status::Delivered) };
        assert_eq!(there.clone().today(6_000), there);
    }

    #[test]
    fn every_status_has_its_word() {
        for (word, status, rank) in Status::ALL {
            assert_eq!((Status::of(word), status.word(), status.rank()), (Some(status), word, rank));
        }
    }
}
