//! What the check says of `payments` in shop.yaml and of flows that give money back: whatever would be refused every time is told
//! before a customer meets it (D720 to D722).

use duka_engine::compile::compile;
use duka_engine::lints::{self, Settings};
use duka_engine::source::{FileKind, SourceFile};
use duka_tests::shops::with_standard;

const FLOW: &str = "duka 1
flow corner
  start begin
  currency MONEY

rules
  a_part = MONEY 5

remember
  order: order
  payment: payment

anywhere
  on payment.refunded -> begin
  failed -> begin
  lost -> begin
  else: Please tap one of the choices. -> again

state begin
  call order = orders.one(\"A-1042\") else -> begin
  call payment = payments.refund(GIVEN) else -> begin
  ask: Done.
  button done: Done -> end
";

/// What rules 719 to 722 say of a shop: their codes and first sentences.
fn said(country: &str, currency: &str, payments: &str, given: &str) -> Vec<String> {
    let profile = format!(
        "name: Corner\ncountry: {country}\ncurrency: {currency}\nlanguages: [en]\ntimezone: Africa/Nairobi\n\
         payments: {{ {payments} }}\n"
    );
    let flow = FLOW.replace("MONEY", currency).replace("GIVEN", given);
    let file = |path: &str, text: String, kind| SourceFile { path: path.to_string(), text, kind };
    let files = vec![
        file("shop.yaml", profile, FileKind::Shop),
        file("corner.duka", flow.clone(), FileKind::of("corner.duka", &flow).expect("a flow")),
    ];
    let source = with_standard(files);
    let compiled = compile(&source);
    let found = lints::check(&compiled, &source, &Settings::of(&source));
    let found = found.iter().map(|finding| &finding.diagnostic);
    let ours = found.filter(|found| (719..=722).contains(&found.code.0));
    ours.map(|found| format!("D{} {}", found.code.0, found.message)).collect()
}

#[test]
fn what_a_provider_gives_back_is_known_before_anybody_asks() {
    let mpesa = "provider: mpesa, consumer_key: env:A, consumer_secret: env:B, passkey: env:C, shortcode: \"174379\"";
    let able = format!("{mpesa}, initiator: duka, initiator_credential: env:D");
    let kenya = |payments: &str, given: &str| said("KE", "KES", payments, given);
    assert_eq!(
        kenya(mpesa, "order"),
        ["D722 `mpesa` gives no money back by a command here: it is refused every time."]
    );
    assert_eq!(
        kenya(&able, "order, a_part"),
        ["D722 `mpesa` gives back whole payments only: a part is refused every time."]
    );
    for (payments, given) in [(able.as_str(), "order"), ("provider: demo", "order, a_part")] {
        assert_eq!(kenya(payments, given), [] as [String; 0], "{payments}");
    }
}

#[test]
fn what_keeps_a_bill_from_a_pix_code_is_told() {
    let stripe = "provider: stripe, secret_key: env:A, webhook_secret: env:B, chat: pix";
    let brazil = |payments: &str| said("BR", "BRL", payments, "order");
    let key = "pix_account: \"39580525000189\"";
    assert_eq!(brazil(&format!("{stripe}, {key}, pix_account_type: CNPJ")), [] as [String; 0]);
    assert_eq!(brazil(&format!("{stripe}, {key}")), ["D720 `pix_account_type` says what `pix_account` is."]);
    assert_eq!(brazil(stripe), ["D720 `chat: pix` needs `pix_account`, the key that your customers' banks show."]);
    assert_eq!(
        brazil(&format!("provider: demo, chat: pix, {key}, pix_account_type: CNPJ")),
        ["D720 `demo` makes no Pix codes here: customers get the link."]
    );
    assert_eq!(
        said("KE", "KES", &format!("{stripe}, {key}, pix_account_type: CNPJ"), "order"),
        ["D721 Pix takes reais, and this shop sells in KES: customers get the link."]
    );
}
