//! What each example loses for a way of delivery that the new shop does not have. Only data; the cutting is one level up.

use crate::arguments::{Fulfilment, Kind};

/// What is cut for one way of delivery, from the flow, its translations and its tests.
#[derive(Debug)]
pub struct Cut {
    /// Files that only that way needs.
    pub files: &'static [&'static str],
    /// Words that are exchanged for others before anything is cut.
    pub instead: &'static [(&'static str, &'static str)],
    /// Names of choices that lead there, with the lines under them and their translations.
    pub choices: &'static [&'static str],
    /// Blocks that only that way needs, by their opening words, and the beginnings of their texts' keys.
    pub blocks: &'static [&'static str],
    pub keys: &'static [&'static str],
    /// Lines that hold one of these are cut.
    pub lines: &'static [&'static str],
    /// Tests with a line that holds one of these are cut.
    pub tests: &'static [&'static str],
}

const NOTHING: Cut = Cut { files: &[], instead: &[], choices: &[], blocks: &[], keys: &[], lines: &[], tests: &[] };

const BOUTIQUE_DELIVERED: Cut = Cut {
    instead: &[
        // Of the two ways to sum an order up, the one with an address.
        ("  ask if details.is_set:", "  ask:"),
        (
            "  ask collected else:\n    | *Please check your order*\n    each line in order.lines: • {line.quantity} × \
             {line.name}: {line.total}\n    | You pick it up in our shop.\n    | *Total {order.total}*\n",
            "",
        ),
    ],
    choices: &["pickup"],
    keys: &["confirm.collected"],
    ..NOTHING
};

const BOUTIQUE_PICKED_UP: Cut = Cut {
    files: &["delivery.contract.yaml"],
    instead: &[
        ("(cart, details, zone, free_delivery_over)", "(cart, none, none, none)"),
        ("\"delivery_details?\", \"delivery_zone?\", money]", "\"address?\", \"delivery_zone?\", \"money?\"]"),
        ("tap delivery\n  fill name = Amina; street = Biashara Street 4; town = Kilimani", "tap pickup"),
        (
            "start at address\n  customer: where is my order\n  shop: Z-1042\n  tap done\n  state: address\n  shop: Where should we deliver?",
            "start at checkout\n  customer: where is my order\n  shop: Z-1042\n  tap done\n  state: checkout",
        ),
        // Of the two ways to sum an order up, the one without an address.
        (
            "  ask if details.is_set:\n    | *Please check your order*\n    each line in order.lines: • {line.quantity} × \
             {line.name}: {line.total}\n    | Delivery to {details.name}, {details.street}, {details.town}: \
             {order.delivery_fee}\n    | *Total {order.total}*\n  ask collected else:",
            "  ask:",
        ),
        (
            "confirm.ask:\n  | *Tafadhali hakiki oda yako*\n  each line in order.lines: • {line.quantity} × {line.name}: \
             {line.total}\n  | Kupelekewa kwa {details.name}, {details.street}, {details.town}: {order.delivery_fee}\n  | \
             *Jumla {order.total}*\nconfirm.collected:",
            "confirm.ask:",
        ),
        (
            "confirm.ask:\n  | *راجع طلبك من فضلك*\n  each line in order.lines: • {line.quantity} × {line.name}: \
             {line.total}\n  | التوصيل إلى {details.name}، {details.street}، {details.town}: {order.delivery_fee}\n  | \
             *المجموع {order.total}*\nconfirm.collected:",
            "confirm.ask:",
        ),
    ],
    choices: &["delivery"],
    blocks: &["state address", "state zone", "state no_delivery", "form delivery_details", "delivery:"],
    keys: &["address.", "no_delivery.", "form.delivery_details."],
    lines: &[
        "free_delivery_over =",
        "{free_delivery_over}",
        "{order.delivery_fee}",
        "details: delivery_details",
        "zone: delivery_zone",
        "set details = none",
        "set zone = none",
        "shop: Delivery to",
    ],
    ..NOTHING
};

const RESTAURANT_DELIVERED: Cut = Cut {
    instead: &[
        ("at the table or delivered", "delivered"),
        ("test lunch at the table", "test lunch"),
        (
            "tap table\n  customer: 12\n  shop: Delivery: AED 0",
            "tap delivery\n  pick Tower 3\n  shop: Delivery: AED 12",
        ),
        ("  called: orders.seat once\n", ""),
        ("  not called: orders.seat\n", ""),
        (
            "tap other\n  pick Tower 3\n  tap table\n  state: where\n  tap back\n  state: bag",
            "tap other\n  pick Tower 3\n  state: no_delivery",
        ),
        ("state: where\n  tap table\n  tap delivery\n  state: where", "state: where\n  tap back\n  state: bag"),
    ],
    choices: &["table"],
    blocks: &["state table"],
    keys: &["table."],
    lines: &[
        "last_table =",
        "table: number optional",
        "set table = none",
        "orders.seat(",
        "if not table.is_set",
        "# The table the order goes to.",
        "seat: { takes:",
        "orders.seat: ~",
    ],
    ..NOTHING
};

const RESTAURANT_AT_THE_TABLE: Cut = Cut {
    instead: &[
        ("at the table or delivered", "at the table"),
        ("(cart, place, zone, free_delivery_over)", "(cart, none, none, none)"),
    ],
    choices: &["delivery"],
    blocks: &["state address", "state no_delivery", "use std.address", "delivery:"],
    keys: &["address.", "no_delivery."],
    lines: &[
        "free_delivery_over =",
        "{free_delivery_over}",
        "{order.delivery_fee}",
        "place: address optional",
        "zone: delivery_zone optional",
        "set place = none",
        "set zone = none",
        "shop: Delivery:",
    ],
    ..NOTHING
};

const GROCERY_PICKED_UP: Cut = Cut {
    instead: &[
        ("delivered when it suits", "packed to be picked up"),
        ("What can we bring you?", "What can we pack for you?"),
        ("-> address", "-> confirm"),
        ("(cart, place, zone, free_delivery_over)", "(cart, none, none, none)"),
        ("ordered for a time that suits", "ordered"),
        ("shop: Where should it go?", "state: confirm"),
        ("the address is missing", "the bag is changed"),
        ("tap swap\n  tap done", "tap swap\n  tap change"),
        ("You will hear from us when it leaves.", "We keep it ready for you."),
        ("until it leaves the shop", "when you pick it up"),
        ("It leaves when it is paid.", "You can pick it up when it is paid."),
        (": {order.total}. It leaves now.", ": {order.total}. It is ready for you."),
    ],
    blocks: &["state address", "state no_delivery", "use std.address", "use std.slot", "rules", "delivery:"],
    keys: &["address.", "no_delivery.", "confirm.time"],
    lines: &[
        "{free_delivery_over}",
        "{order.delivery_fee}",
        "place: address optional",
        "zone: delivery_zone optional",
        "slot: delivery_slot optional",
        "say time if slot.is_set",
        "pick 12 Hill Road",
        "pick in 2 hours",
        "shop: We will come",
        "shop: Delivery:",
    ],
    tests: &["test free delivery", "test no time today"],
    ..NOTHING
};

/// What is cut from the example of this kind.
pub fn cut(kind: Kind, fulfilment: Fulfilment) -> &'static Cut {
    match (kind, fulfilment) {
        (_, Fulfilment::Both) | (Kind::Empty, _) | (Kind::Grocery, Fulfilment::Delivery) => &NOTHING,
        (Kind::Boutique, Fulfilment::Delivery) => &BOUTIQUE_DELIVERED,
        (Kind::Boutique, Fulfilment::Pickup) => &BOUTIQUE_PICKED_UP,
        (Kind::Grocery, Fulfilment::Pickup) => &GROCERY_PICKED_UP,
        (Kind::Restaurant, Fulfilment::Delivery) => &RESTAURANT_DELIVERED,
        (Kind::Restaurant, Fulfilment::Pickup) => &RESTAURANT_AT_THE_TABLE,
    }
}
