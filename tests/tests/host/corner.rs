//! The shop that the host is tried with.

use std::sync::Arc;

use duka_engine::compile::compile;
use duka_engine::program::Program;
use duka_runtime::host::shops::Shop;
use duka_runtime::id::ShopScope;
use duka_tests::shops::{files, with_standard};
use duka_tests::tree::root;
use serde_json::{Value as Json, json};

pub const SHOP: u32 = 1;
pub const NEXT_DOOR: u32 = 2;

pub fn program() -> Arc<Program> {
    changed(|text| text)
}

/// The shop with a change to its flow.
pub fn changed(change: impl Fn(String) -> String) -> Arc<Program> {
    let mut files = files(&root().join("tests/tests/host/corner"));
    for file in &mut files {
        if file.path == "corner.duka" {
            file.text = change(std::mem::take(&mut file.text));
        }
    }
    compile(&with_standard(files)).program.expect("the corner shop has no errors")
}

pub fn fixture() -> Json {
    json!({ "products": [{ "sku": "P-1", "name": "Soap", "price": "KES 100", "stock": 90 }] })
}

pub fn shop(program: Arc<Program>, older: Vec<Arc<Program>>) -> Shop {
    Shop::new(ShopScope::numbered(SHOP), "corner".into(), program, older, fixture())
}

/// Another shop of the same server, with the same flows.
pub fn next_door(program: Arc<Program>) -> Shop {
    Shop::new(ShopScope::numbered(NEXT_DOOR), "next-door".into(), program, Vec::new(), fixture())
}
