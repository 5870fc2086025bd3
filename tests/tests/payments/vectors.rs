//! Who signs what: a good vector of each provider, made outside of this code by the provider's documented formula
//! (payments.md 4), and the ways in which it can be wrong.

use std::collections::BTreeMap;

use duka_engine::contract::write_money;
use duka_runtime::payments::facts::{self, Facts};
use duka_runtime::payments::provider::{Post, Settings, Told, Unproved, demo_signature, open};
use duka_runtime::payments::standing::Said;
use secrecy::SecretString;

const OURS: &str = "0707070707070707070707070707070a";
/// When the vectors were signed, in ms.
const NOW_MS: i64 = 1_795_280_400_000;

const STRIPE: &str = r#"{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"id":"cs_1","object":"checkout.session","client_reference_id":"0707070707070707070707070707070a","amount_total":250000,"currency":"kes","payment_status":"paid","status":"complete"}}}"#;
const STRIPE_MARK: &str = "4b44e2141ae4a31bb2ca2e71d380a85b0afa2185f33c4e11a2113bbfbef35993";
const STRIPE_OLD_MARK: &str = "a58e6f20771dc6bbc83bf3fc49a15055ebe2c518c6c34edef53cf9e82f263dd5";
const TAP: &str = r#"{"id":"chg_1","object":"charge","status":"CAPTURED","amount":1.5,"currency":"KWD","reference":{"transaction":"0707070707070707070707070707070a","order":"A-1","gateway":"gw_9","payment":"pay_8"},"transaction":{"created":"1795280400000"}}"#;
const TAP_MARK: &str = "d90da97a22b6a1be8f5c98c3ec1dad300f98250b32a666737ff906cb87a296df";
/// The same with the amount as it is written, which is not how it is signed.
const TAP_SHORT_MARK: &str = "23e7c9045372e4a3f4b11f4b78eca3b28973e4b9d0c946a703480eaef157d5db";
const TAP_REFUND: &str = r#"{"id":"re_1","object":"refund","charge_id":"chg_1","status":"REFUNDED","amount":0.5,"currency":"KWD","reference":{"gateway":"gw_9","payment":"pay_8"},"transaction":{"created":"1795280400000"}}"#;
const TAP_REFUND_MARK: &str = "38f5d6c47b5db60f8dd474e7ea966c1c9f855c33368c414a2ebdac851c0f6675";
const DEMO: &str = r#"{"event":"event-1","id":"demo-1","reference":"0707070707070707070707070707070a","status":"paid","amount":"KES 2500.00","refunded":""}"#;
const TAP_NO_GATEWAY: &str = r#"{"id":"chg_1","object":"charge","status":"CAPTURED","amount":1.5,"currency":"KWD","reference":{"transaction":"0707070707070707070707070707070a","order":"A-1","payment":"pay_8"},"transaction":{"created":"1795280400000"}}"#;
const TAP_NO_GATEWAY_MARK: &str = "696a24105b4aeea0653d7fe18014e88961590bc8fd48127cafca5334b7fb8507";
const RAZORPAY: &str = r#"{"entity":"event","event":"payment_link.paid","created_at":1795280400,"payload":{"payment_link":{"entity":{"id":"plink_1","reference_id":"0707070707070707070707070707070a","status":"paid","amount":49900,"amount_paid":49900,"currency":"INR"}}}}"#;
const RAZORPAY_MARK: &str = "6068c56656c7566c61344c376326c33eaac155c101837f1b4a46c8f593254e2f";
const RAZORPAY_OLD_MARK: &str = "9a6b7fc5bd86fec3c5e5c34a36008d50e3d8298c176cf59fd6f623a7dff98146";
const PAYSTACK: &str = r#"{"event":"charge.success","data":{"id":7,"status":"success","reference":"0707070707070707070707070707070a-2","amount":250000,"currency":"NGN"}}"#;
const PAYSTACK_MARK: &str = "6f6e5c67791a8480db5263b0e7cdd8057c22df8562c78faa5be999ceefc666ac3c75c99ef3867201fb19fdfeafbf61dbc81fb161a2c6299fb2c3c2cb33205cf1";
/// HMAC-SHA256, which is not what it signs with.
const PAYSTACK_SHA256: &str = "b68385632b1172165fe0503179b7b061ab089ba9a69d0f8ee19b50498d9c3dda";
const MPESA: &str = r#"{"Body":{"stkCallback":{"MerchantRequestID":"29115-1","CheckoutRequestID":"ws_CO_1","ResultCode":0,"ResultDesc":"The service request is processed successfully.","CallbackMetadata":{"Item":[{"Name":"Amount","Value":2500.00},{"Name":"MpesaReceiptNumber","Value":"NLJ7RT61SV"},{"Name":"PhoneNumber","Value":254700000001}]}}}}"#;

/// Provider, header and its value, body, the payment whose own address was called, what is heard.
type Good<'a> = (&'static Facts, (&'a str, &'a str), &'a str, Option<&'a str>, String);
/// The same with the time at which it comes.
type Bad<'a> = (&'static Facts, (&'a str, &'a str), &'a str, i64, Option<&'a str>);

fn hears(
    facts: &'static Facts,
    header: (&str, &str),
    body: &str,
    now_ms: i64,
    named: Option<&str>,
) -> Result<Vec<Told>, Unproved> {
    let mut settings = Settings { base: "https://provider.example/".parse().ok(), ..Settings::default() };
    for (name, value) in [
        ("secret_key", if facts.shop.name == "tap" { "sk_test_tap" } else { "sk_test_ps" }),
        ("webhook_secret", if facts.shop.name == "stripe" { "whsec_test" } else { "rzp_hook" }),
        ("old_webhook_secret", if facts.shop.name == "stripe" { "whsec_old" } else { "rzp_old" }),
    ] {
        settings.secrets.insert(name, SecretString::from(value));
    }
    let base = settings.base(facts).expect("an address");
    let provider = open(facts, base, &settings).expect("a provider");
    let header = |name: &str| (name == header.0).then_some(header.1.as_bytes());
    provider.hear(&Post { header: &header, body: body.as_bytes(), now_ms, named })
}

/// What was told, as one line.
fn line(told: Result<Vec<Told>, Unproved>) -> String {
    let one = |told: &Told| {
        let amount = told.standing.amount.map(write_money).unwrap_or_default();
        format!("{:?} {} {} {amount}", told.standing.said, told.ours, told.reference)
    };
    told.map_or("unproved".to_string(), |told| told.iter().map(one).collect::<Vec<_>>().join("; "))
}

#[test]
fn good_vectors_are_heard_and_bad_ones_prove_nothing() {
    println!("signature vectors tried, good and bad: {:?}", tried());
}

/// Tries all; returns how many good and bad ones there are of each provider.
pub fn tried() -> BTreeMap<&'static str, (usize, usize)> {
    let stripe = |mark: &str| format!("t=1795280400,v1={mark}");
    let both = format!("t=1795280400,v1={STRIPE_OLD_MARK},v1={STRIPE_MARK},v0=00");
    let paid = format!("Paid {OURS}");
    let named = Some(OURS);
    let mut tried: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let good: &[Good<'_>] = &[
        (&facts::STRIPE, ("stripe-signature", &stripe(STRIPE_MARK)), STRIPE, None, format!("{paid} cs_1 KES 2500.00")),
        (
            &facts::STRIPE,
            ("stripe-signature", &stripe(STRIPE_OLD_MARK)),
            STRIPE,
            None,
            format!("{paid} cs_1 KES 2500.00"),
        ),
        (&facts::STRIPE, ("stripe-signature", &both), STRIPE, None, format!("{paid} cs_1 KES 2500.00")),
        (&facts::TAP, ("hashstring", TAP_MARK), TAP, named, format!("{paid} chg_1 KWD 1.500")),
        (&facts::TAP, ("hashstring", TAP_NO_GATEWAY_MARK), TAP_NO_GATEWAY, named, format!("{paid} chg_1 KWD 1.500")),
        (
            &facts::RAZORPAY,
            ("x-razorpay-signature", RAZORPAY_MARK),
            RAZORPAY,
            None,
            format!("{paid} plink_1 INR 499.00"),
        ),
        (
            &facts::RAZORPAY,
            ("x-razorpay-signature", RAZORPAY_OLD_MARK),
            RAZORPAY,
            None,
            format!("{paid} plink_1 INR 499.00"),
        ),
        (
            &facts::PAYSTACK,
            ("x-paystack-signature", PAYSTACK_MARK),
            PAYSTACK,
            None,
            format!("{paid}-2 {OURS}-2 NGN 2500.00"),
        ),
        (&facts::MPESA, ("", ""), MPESA, named, "Paid  ws_CO_1 KES 2500.00".to_string()),
        (&facts::TAP, ("hashstring", TAP_REFUND_MARK), TAP_REFUND, named, format!("{paid}  ")),
        (
            &facts::DEMO,
            ("demo-signature", &demo_signature(DEMO.as_bytes())),
            DEMO,
            None,
            format!("{paid} demo-1 KES 2500.00"),
        ),
    ];
    for (facts, header, body, named, expected) in good {
        assert_eq!(line(hears(facts, *header, body, NOW_MS, *named)), *expected, "{}", facts.shop.name);
        let count = tried.entry(facts.shop.name).or_default();
        count.0 += 1;
        // One letter of the body, of the mark, or of the header's name, and nothing is proved. What has no mark has only
        // its address, and the provider is asked.
        if header.0.is_empty() {
            continue;
        }
        let marks = [
            String::new(),
            header.1.to_uppercase().replace(|letter: char| letter.is_ascii_digit(), "0"),
            header.1[..header.1.len() / 2].to_string(),
        ];
        for mark in &marks {
            assert_eq!(
                line(hears(facts, (header.0, mark), body, NOW_MS, *named)),
                "unproved",
                "{}: {mark}",
                facts.shop.name
            );
            count.1 += 1;
        }
        let changed = body.replacen("id\":\"", "id\":\"x", 1);
        let less = body.replacen("amount\":", "amount\":1", 1).replacen("amount_total\":", "amount_total\":1", 1);
        for body in [changed.as_str(), less.as_str(), "", "{}"].into_iter().filter(|other| other != body) {
            assert_eq!(line(hears(facts, *header, body, NOW_MS, *named)), "unproved", "{}: {body}", facts.shop.name);
            count.1 += 1;
        }
        assert_eq!(line(hears(facts, ("x-other", header.1), body, NOW_MS, *named)), "unproved");
        count.1 += 1;
    }
    let bad: &[Bad<'_>] = &[
        // Too old, from the future, in a scheme that is not looked at.
        (&facts::STRIPE, ("stripe-signature", &stripe(STRIPE_MARK)), STRIPE, NOW_MS + 301_000, None),
        (&facts::STRIPE, ("stripe-signature", &stripe(STRIPE_MARK)), STRIPE, NOW_MS - 301_000, None),
        (&facts::STRIPE, ("stripe-signature", &format!("t=1795280400,v0={STRIPE_MARK}")), STRIPE, NOW_MS, None),
        (&facts::STRIPE, ("stripe-signature", &format!("t=1795280401,v1={STRIPE_MARK}")), STRIPE, NOW_MS, None),
        (&facts::STRIPE, ("stripe-signature", &format!("v1={STRIPE_MARK}")), STRIPE, NOW_MS, None),
        (&facts::TAP, ("hashstring", TAP_SHORT_MARK), TAP, NOW_MS, named),
        // Not at a payment's own address, or at another's.
        (&facts::TAP, ("hashstring", TAP_MARK), TAP, NOW_MS, None),
        (&facts::TAP, ("hashstring", TAP_MARK), TAP, NOW_MS, Some("0808080808080808080808080808080b")),
        (&facts::MPESA, ("", ""), MPESA, NOW_MS, None),
        (&facts::MPESA, ("", ""), "{}", NOW_MS, named),
        (&facts::PAYSTACK, ("x-paystack-signature", PAYSTACK_SHA256), PAYSTACK, NOW_MS, None),
    ];
    for (facts, header, body, now_ms, named) in bad {
        assert_eq!(line(hears(facts, *header, body, *now_ms, *named)), "unproved", "{} {header:?}", facts.shop.name);
        tried.entry(facts.shop.name).or_default().1 += 1;
    }
    tried
}

#[test]
fn what_a_provider_says_in_its_own_words_is_understood() {
    let mpesa = |code: &str| MPESA.replace("\"ResultCode\":0", &format!("\"ResultCode\":{code}"));
    for (code, said) in
        [("0", Said::Paid), ("1", Said::Failed), ("1032", Said::Failed), ("1037", Said::Failed), ("4999", Said::Open)]
    {
        let told = hears(&facts::MPESA, ("", ""), &mpesa(code), NOW_MS, Some(OURS)).expect("its own address");
        assert_eq!(told[0].standing.said, said, "{code}");
    }
}
