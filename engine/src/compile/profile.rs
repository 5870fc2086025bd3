//! What the engine needs of `shop.yaml`, completed by the header of the main flow.

use duka_dsl::Name;
use smol_str::SmolStr;

use crate::facts::Facts;
use crate::hir::Profile;
use crate::value::Currency;

use super::choose::Chosen;
use super::read::Settings;

/// The shop's languages: those of the main flow, else those of `shop.yaml`.
pub(super) fn languages(settings: &Settings<'_>, chosen: &Chosen) -> Vec<SmolStr> {
    let header = chosen.used.first().map_or(&[][..], |flow| flow.ast.languages.as_slice());
    let mut languages: Vec<SmolStr> = Vec::new();
    let mut add = |tag: &SmolStr| {
        if !languages.contains(tag) {
            languages.push(tag.clone());
        }
    };
    header.iter().for_each(|name| add(&name.value));
    if header.is_empty() {
        settings.shop.languages.iter().for_each(|tag| add(&tag.value));
    }
    if languages.is_empty() {
        languages.push(SmolStr::new_static("en"));
    }
    languages
}

/// The profile. What is missing has its finding, and a value that lets the checks go on.
pub(super) fn of(settings: &Settings<'_>, chosen: &Chosen) -> Profile {
    let shop = &settings.shop;
    let main = chosen.used.first().map(|flow| &flow.ast);
    let code = main.and_then(|flow| flow.currency.as_ref()).map(Name::as_str);
    let code = code.or(shop.currency.as_ref().map(|currency| currency.value.as_str()));
    let timezone = main.and_then(|flow| flow.timezone.as_ref()).map(|name| name.value.clone());
    let timezone = timezone.or(shop.timezone.as_ref().map(|timezone| timezone.value.clone()));
    let towns = shop.delivery.iter().flat_map(|zone| zone.towns.iter().map(|town| town.value.clone()));
    Profile {
        name: shop.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
        country: shop.country.as_ref().map(|country| country.value.clone()),
        currency: code.and_then(Currency::from_code).unwrap_or(Currency(*b"USD")),
        timezone: timezone.unwrap_or_else(|| SmolStr::new_static("UTC")),
        towns: towns.collect(),
        has_catalogue: shop.whatsapp.as_ref().is_some_and(|whatsapp| whatsapp.catalogue.is_some()),
        pays_in_chat: shop.whatsapp.as_ref().is_some_and(|whatsapp| whatsapp.pays_in_chat),
        facts: Facts::of(shop),
        rounding: shop.rounding.as_ref().map(|rounding| rounding.value).unwrap_or_default(),
        quiet_hours: shop.quiet_hours.as_ref().map(|hours| (hours.value.from_minute, hours.value.to_minute)),
    }
}
