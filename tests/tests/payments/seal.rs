//! Pay links: nobody reads, guesses, changes or moves one, and a rotated key opens what it has sealed.

use duka_runtime::id::{ConversationId, PaymentId, ShopScope};
use duka_runtime::payments::token::{Claims, Seal};
use secrecy::SecretSlice;

fn key(text: &str) -> SecretSlice<u8> {
    SecretSlice::from(text.as_bytes().to_vec())
}

fn seal(keys: &[&str], host: &str) -> Seal {
    Seal::new(&keys.iter().map(|text| key(text)).collect::<Vec<_>>(), host).expect("long keys")
}

fn claims() -> Claims {
    Claims { jti: PaymentId([7; 16]), t: 3, a: 250_000, c: "KES".to_string(), exp: 1_800_000_000 }
}

const OLD: &str = "an old key that has enough letters";
const NEW: &str = "a new key, which has letters enough";

#[test]
fn a_link_opens_where_it_was_made_and_nowhere_else() {
    let ours = seal(&[OLD], "pay.example");
    let token = ours.close(&claims()).expect("randomness");
    assert!(token.starts_with("v4.local.") && token.len() < 420, "{} letters", token.len());
    assert!(!token.contains("250000"));
    assert_eq!(ours.open(&token), Some(claims()));
    assert_ne!(ours.close(&claims()), Some(token.clone()), "no two are alike");
    assert_eq!(seal(&[NEW, OLD], "pay.example").open(&token), Some(claims()), "while a key is rotated");
    let kept = ours.keep(&token).expect("randomness");
    assert_eq!((ours.open(&kept), ours.kept(&kept)), (None, token.clone()), "what a row keeps opens nothing");
    assert_eq!(seal(&[NEW, OLD], "pay.example").kept(&kept), token, "while a key is rotated");
    assert_eq!(ours.kept(&token), token, "of an earlier version");
    assert_eq!(seal(&[NEW], "pay.example").open(&token), None, "after it was");
    assert_eq!(seal(&[OLD], "pay.elsewhere.example").open(&token), None, "of another server");
    assert!(Seal::new(&[key("short")], "pay.example").is_err());
}

#[test]
fn no_letter_of_a_link_can_be_changed() {
    let ours = seal(&[OLD], "pay.example");
    let token = ours.close(&claims()).expect("randomness");
    let mut tried = 0;
    for (at, letter) in token.char_indices() {
        for other in ['A', 'b', '9', '-', '.', 'é'] {
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            if other != letter {
                assert_eq!(ours.open(&changed), None, "{at}: {other}");
                tried += 1;
            }
        }
        assert_eq!(ours.open(&token[..at]), None, "cut off at {at}");
    }
    let footer = token.rsplit_once('.').expect("a footer").0;
    let others = [
        String::new(),
        "v4.public.AAAA".to_string(),
        token.replace("v4.local", "v3.local"),
        token.replace("v4.local", "v4.public"),
        footer.to_string(),
        format!("{footer}."),
        format!("{token}A"),
        "A".repeat(100_000),
    ];
    for other in &others {
        assert_eq!(ours.open(other), None);
    }
    println!("changed links refused: {}", tried + token.len() + others.len());
}

#[test]
fn addresses_of_payments_and_names_of_customers_are_nobodys_to_guess() {
    let (ours, theirs) = (seal(&[OLD], "pay.example"), seal(&[NEW], "pay.example"));
    let (shop, other) = (ShopScope::numbered(1), ShopScope::numbered(2));
    let id = ours.payment(shop, "1-c-4-2");
    assert_eq!(id, ours.payment(shop, "1-c-4-2"), "one command, one payment");
    assert_ne!(id, ours.payment(shop, "1-c-4-3"));
    assert_ne!(id, ours.payment(other, "1-c-4-2"));
    assert_ne!(id, theirs.payment(shop, "1-c-4-2"));
    let part = ours.hook(shop, id);
    assert_eq!(ours.called(shop, &part), Some(id));
    assert_eq!(seal(&[NEW, OLD], "pay.example").called(shop, &part), Some(id), "while a key is rotated");
    assert_eq!(ours.called(other, &part), None);
    assert_eq!(theirs.called(shop, &part), None);
    for wrong in ["", &part[..32], &part[..63], &format!("{part}00"), &part.replace(&part[..4], "dead"), "zz"] {
        assert_eq!(ours.called(shop, wrong), None, "{wrong}");
    }
    assert_ne!(ours.alias(shop, ConversationId(1)), ours.alias(shop, ConversationId(2)));
}

/// A command that is tried again after the key was changed finds what it has made before.
#[test]
fn a_command_has_the_names_of_all_keys() {
    let shop = ShopScope::numbered(3);
    let names = |keys: &[&str]| seal(keys, "pay.example").payments(shop, "3-7-1-0").collect::<Vec<_>>();
    let (old, new) = (names(&[OLD]), names(&[NEW]));
    assert_ne!(old, new);
    assert_eq!(names(&[NEW, OLD]), [new[0], old[0]]);
    assert_eq!(seal(&[NEW, OLD], "pay.example").payment(shop, "3-7-1-0"), new[0]);
}
