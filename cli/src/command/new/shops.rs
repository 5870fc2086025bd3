//! The example shops, built into the binary. The same files lie in `examples/`, where they are checked and tested.

use crate::arguments::Kind;

/// A shop to start from.
#[derive(Debug)]
pub struct Example {
    /// The name that its texts call it by.
    pub title: &'static str,
    pub currency: &'static str,
    /// Path within the shop, and text.
    pub files: &'static [(&'static str, &'static str)],
}

macro_rules! example {
    ($title:literal, $currency:literal, $folder:literal: $($path:literal),* $(,)?) => {
        Example {
            title: $title,
            currency: $currency,
            files: &[$(($path, include_str!(concat!("../../../../examples/", $folder, "/", $path)))),*],
        }
    };
}

static BOUTIQUE: Example = example!("Zuri Boutique", "KES", "boutique":
    "shop.yaml",
    "boutique.duka",
    "boutique.sw.duka",
    "boutique.ar.duka",
    "boutique.test.duka",
    "delivery.contract.yaml",
    "orders.contract.yaml",
    "hooks.rhai",
    "fixtures/zuri.yaml",
);

static EMPTY: Example = Example {
    title: "New Shop",
    currency: "KES",
    files: &[
        ("shop.yaml", include_str!("empty/shop.yaml")),
        ("shop.duka", include_str!("empty/shop.duka")),
        ("shop.test.duka", include_str!("empty/shop.test.duka")),
        ("fixtures/shop.yaml", include_str!("empty/fixtures/shop.yaml")),
    ],
};

/// The example of a kind.
pub fn example(kind: Kind) -> &'static Example {
    match kind {
        Kind::Boutique | Kind::Grocery | Kind::Restaurant => &BOUTIQUE,
        Kind::Empty => &EMPTY,
    }
}
