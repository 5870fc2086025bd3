//! `duka new`: whatever is answered, the shop that comes out has no errors and passes its tests.

use crate::support::Folder;

fn made(arguments: &[&str]) -> Folder {
    let folder = Folder::new();
    let run = folder.duka(&[&["new", "mama-njeri", "--yes"], arguments].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let check = folder.duka(&["check", "mama-njeri", "--deny", "warnings"]);
    assert_eq!(check.code, Some(0), "{arguments:?}\n{}", check.out);
    let test = folder.duka(&["test", "mama-njeri", "--min", "transitions=90,silence=100"]);
    assert_eq!(test.code, Some(0), "{arguments:?}\n{}", test.out);
    folder
}

#[test]
fn every_kind_works_in_every_way_it_has() {
    for kind in ["boutique", "grocery", "restaurant", "empty"] {
        for fulfilment in ["both", "delivery", "pickup"] {
            made(&["--kind", kind, "--fulfilment", fulfilment]);
        }
    }
}

#[test]
fn currency_languages_and_time_zone_are_the_countrys() {
    for (country, currency, zone) in
        [("NG", "NGN", "Africa/Lagos"), ("KW", "KWD", "Asia/Kuwait"), ("SN", "XOF", "Africa/Dakar")]
    {
        let folder = made(&["--kind", "boutique", "--country", country]);
        let profile = folder.read("mama-njeri/shop.yaml");
        assert!(profile.contains(&format!("currency: {currency}")) && profile.contains(zone), "{profile}");
        assert!(profile.contains("name: Mama Njeri"), "{profile}");
        assert!(!folder.read("mama-njeri/boutique.duka").contains("KES"));
    }
}

#[test]
fn what_is_cut_for_one_way_fits_every_country() {
    for (kind, country, fulfilment) in [
        ("boutique", "IN", "pickup"),
        ("grocery", "AE", "pickup"),
        ("grocery", "US", "delivery"),
        ("restaurant", "SA", "delivery"),
        ("restaurant", "NG", "pickup"),
    ] {
        let folder = made(&["--kind", kind, "--country", country, "--fulfilment", fulfilment]);
        let flow = folder.read(&format!("mama-njeri/{kind}.duka"));
        if fulfilment == "pickup" {
            assert!(!flow.contains("delivery_fee") && !flow.contains("free_delivery"), "{flow}");
        }
    }
}

#[test]
fn nothing_is_left_of_the_way_that_a_shop_does_not_have() {
    for (kind, fulfilment, gone) in [
        (
            "boutique",
            "delivery",
            &["pick it up", "Utaichukua", "collected", "button pickup", "tap pickup", ".pickup:"][..],
        ),
        ("boutique", "pickup", &["\ndelivery:", "Where you deliver", "delivery_fee}"][..]),
        ("grocery", "pickup", &["\ndelivery:", "Where you deliver", "delivery_fee}"][..]),
        ("restaurant", "delivery", &["the table", "orders.seat", "seat:"][..]),
        ("restaurant", "pickup", &["\ndelivery:", "Where you deliver", "delivery_fee}"][..]),
    ] {
        let folder = made(&["--kind", kind, "--fulfilment", fulfilment]);
        let all = std::fs::read_dir(folder.path().join("mama-njeri")).expect("a shop").flatten();
        for file in all.filter(|file| file.path().is_file()) {
            let name = file.file_name().to_string_lossy().into_owned();
            let text = folder.read(&format!("mama-njeri/{name}"));
            let left: Vec<&&str> = gone.iter().filter(|words| text.contains(**words)).collect();
            assert!(left.is_empty(), "{kind} {fulfilment}, {name}: {left:?}");
        }
    }
}

#[test]
fn texts_of_other_countries_are_left_out() {
    let folder = made(&["--kind", "boutique", "--country", "KW"]);
    assert!(folder.path().join("mama-njeri/boutique.ar.duka").exists());
    assert!(!folder.path().join("mama-njeri/boutique.sw.duka").exists());
}

#[test]
fn a_country_is_known_by_its_name_too() {
    let folder = made(&["--kind", "empty", "--country", "south africa"]);
    assert!(folder.read("mama-njeri/shop.yaml").contains("country: ZA"));
}

#[test]
fn what_is_to_be_typed_next_works_for_a_folder_with_spaces() {
    let run = Folder::new().duka(&["new", "Njeri's shop", "--yes"]);
    assert!(run.out.contains(r"duka chat 'Njeri'\''s shop' "), "{}", run.out);
}

#[test]
fn a_shop_with_its_own_system_is_told_how_to_reach_it() {
    let folder = made(&["--kind", "boutique", "--backend", "rest"]);
    assert!(folder.read("mama-njeri/shop.yaml").contains("catalog.rest.yaml"));
    assert!(Folder::new().duka(&["new", "x", "--yes", "--backend", "rest"]).out.contains("duka schema rest"));
}
