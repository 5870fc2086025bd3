//! Shops whose systems are the merchant's own: the guarded way out, the mapping, and what comes of answers of every kind.

#[path = "adapter/bag.rs"]
mod bag;
#[path = "adapter/conformance.rs"]
mod conformance;
#[path = "adapter/egress.rs"]
mod egress;
#[path = "adapter/languages.rs"]
mod languages;
#[path = "adapter/large.rs"]
mod large;
#[path = "adapter/last_one.rs"]
mod last_one;
#[path = "adapter/load.rs"]
mod load;
#[path = "adapter/mapped.rs"]
mod mapped;
#[path = "adapter/medusa.rs"]
mod medusa;
#[path = "adapter/own.rs"]
mod own;
#[path = "adapter/paid.rs"]
mod paid;
#[path = "adapter/proof.rs"]
mod proof;
#[path = "adapter/real.rs"]
mod real;
#[path = "adapter/returns.rs"]
mod returns;
#[path = "adapter/script.rs"]
mod script;
#[path = "adapter/search.rs"]
mod search;
#[path = "adapter/sent.rs"]
mod sent;
#[path = "adapter/served.rs"]
mod served;
#[path = "adapter/several.rs"]
mod several;
#[path = "adapter/shipped.rs"]
mod shipped;
#[path = "adapter/shopify.rs"]
mod shopify;
#[path = "adapter/table.rs"]
mod table;
#[path = "adapter/vendor.rs"]
mod vendor;
#[path = "adapter/woocommerce.rs"]
mod woocommerce;
