//! What the body of a message only names, so that the page can draw it: products with their prices, files with their
//! addresses; and a picture for what has none.

use std::fmt::Write;

use duka_engine::approval::wanted;
use duka_engine::contract::parse_money;
use duka_engine::hir;
use duka_engine::locale::money_in_english;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::house::House;
use super::phones::{Media, Shown};
use crate::dev_graph::Template;
use crate::host::calls::Edit;
use crate::payments::page::escaped;
use crate::server::Server;

/// As the demo has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    pub sku: String,
    pub name: String,
    /// `KES 2,500`
    pub price: String,
    pub stock: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The products of a shop's demo as they are now.
pub fn products(house: &House, server: &Server, shop: &str) -> Vec<Product> {
    let Some(served) = server.registry.now().named(shop).cloned() else { return Vec::new() };
    let Some(hosted) = server.registry.shops.shop(served.scope) else { return Vec::new() };
    let edits = house.around.demo.edits(served.scope);
    let all = hosted.fixture.get("products").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    all.iter().map(|product| of(product, &edits)).collect()
}

fn of(product: &Value, edits: &[Edit]) -> Product {
    let field = |name: &str| {
        let text = product.get("sku").and_then(Value::as_str).unwrap_or_default();
        let edit = edits.iter().find(|edit| edit.sku == text && edit.field == name);
        edit.map(|edit| &edit.value).or_else(|| product.get(name))
    };
    let text = |name: &str| field(name).and_then(Value::as_str).unwrap_or_default().to_string();
    let photo = text("photo");
    Product {
        sku: text("sku"),
        name: text("name"),
        price: parse_money(&text("price")).map_or_else(|| text("price"), money_in_english),
        stock: field("stock").and_then(Value::as_i64),
        image: Some(address(if photo.is_empty() { &product["name"] } else { &product["photo"] })),
        description: Some(text("description")).filter(|text| !text.is_empty()),
    }
}

fn address(of: &Value) -> String {
    let of: String = url::form_urlencoded::byte_serialize(of.as_str().unwrap_or_default().as_bytes()).collect();
    format!("/api/v1/dev/picture?of={of}")
}

/// The price of a product as a catalogue has it.
pub fn price(products: &[Product], sku: &str) -> Option<(f64, String)> {
    let product = products.iter().find(|product| product.sku == sku)?;
    let (currency, amount) = product.price.split_once(' ')?;
    Some((amount.replace(',', "").parse().ok()?, currency.to_string()))
}

/// What goes beside a message.
pub fn dress(house: &House, server: Option<&Server>, shop: &str, body: &Value) -> Shown {
    let mut shown = Shown { media: media(house, body), ..Shown::default() };
    let Some(server) = server else { return shown };
    shown.form = form(server, shop, body);
    let mut named = Vec::new();
    skus(body, &mut named);
    if !named.is_empty() {
        let all = products(house, server, shop);
        let found: Vec<&Product> = all.iter().filter(|product| named.contains(&product.sku)).collect();
        if let [one] = found.as_slice() {
            shown.product = Some((*one).clone());
        }
        shown.products = Some(found.into_iter().map(|product| (product.sku.clone(), product.clone())).collect());
    }
    shown
}

/// The screens of the form that a body opens, as they are published.
fn form(server: &Server, shop: &str, body: &Value) -> Option<Value> {
    let id = body.pointer("/interactive/action/parameters/flow_id")?.as_str()?;
    let served = server.registry.now().named(shop).cloned()?;
    served.forms.iter().find(|published| published.id == id).map(|published| published.shape.flow())
}

/// The numbers of products, wherever a body names them.
fn skus(body: &Value, found: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(sku) if name == "product_retailer_id" => found.push(sku.clone()),
                    value => skus(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| skus(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The first file of a body: at the stand-in by its id, or a picture in the place of an address that is never asked.
fn media(house: &House, body: &Value) -> Option<Media> {
    const KINDS: [(&str, &str); 5] =
        [("image", "image"), ("sticker", "image"), ("video", "video"), ("audio", "audio"), ("document", "application")];
    let header = body.pointer("/interactive/header").unwrap_or(&Value::Null);
    let places = [body, header];
    let (kind, file) = places.iter().find_map(|place| {
        KINDS.iter().find_map(|(name, kind)| Some((*kind, place.get(name).filter(|file| file.is_object())?)))
    })?;
    if let Some(id) = file.get("id").and_then(Value::as_str) {
        let (mime, bytes) = house.graph.with(|graph| graph.file(id))?;
        return Some(Media { url: format!("/api/v1/dev/media/{id}"), mime, bytes: Some(bytes.len() as u64) });
    }
    let link = file.get("link").filter(|_| kind == "image")?;
    Some(Media { url: address(link), mime: "image/svg+xml".to_string(), bytes: None })
}

/// A picture in the colours of what it stands for: the shop's photos lie elsewhere, and nothing is fetched from there.
pub fn picture(of: &str) -> String {
    let name = of.rsplit('/').next().unwrap_or(of);
    let name = name.split('.').next().unwrap_or(name);
    let digest = Sha256::digest(of);
    let hue = digest.first().map_or(0, |byte| u32::from(*byte) * 360 / 256);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 300\" role=\"img\"><title>{name}</title>\
         <rect width=\"400\" height=\"300\" fill=\"hsl({hue} 45% 82%)\"/>",
        name = escaped(name)
    );
    for (at, byte) in digest.iter().skip(1).take(5).enumerate() {
        let (x, size) = (20 + at * 80, 30 + usize::from(*byte) / 4);
        let (y, other) = (300 - usize::from(*byte) / 2 - size, (hue + 20 * u32::from(*byte % 8)) % 360);
        let _ =
            write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{size}\" fill=\"hsl({other} 50% 60%)\" opacity=\".55\"/>");
    }
    let words = escaped(name);
    let _ = write!(
        svg,
        "<text x=\"200\" y=\"160\" text-anchor=\"middle\" font-family=\"sans-serif\" font-size=\"34\" \
         fill=\"hsl({hue} 60% 22%)\">{words}</text></svg>"
    );
    svg
}

/// The templates that a shop's flows want, approved.
pub fn templates(shop: &hir::Shop) -> Vec<Template> {
    let template = |wanted: duka_engine::approval::Wanted| {
        let creation = wanted.creation();
        let mut components = creation.get("components").and_then(Value::as_array).cloned().unwrap_or_default();
        if wanted.image {
            components.insert(0, json!({"type": "HEADER", "format": "IMAGE"}));
        }
        let mut template = Template::of_body(&wanted.name, &wanted.language_code(), "");
        template.category = wanted.category_word().into();
        template.components = components;
        template
    };
    wanted(shop).into_iter().map(template).collect()
}
