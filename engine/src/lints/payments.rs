//! How a shop says that it is paid: a provider that there is, with the settings it needs, in a currency that it takes, by the
//! methods that its flows offer (D719 to D722), on a page that its customers can read (D727). Asks no provider.

use duka_dsl::config::shop::{self, Payments, Setting, ShopFile, UNWANTED};
use duka_dsl::span::Spanned;
use duka_dsl::{Diagnostic, Span};
use smol_str::SmolStr;

use super::context::Context;
use super::file_id;
use crate::hir::StepKind;
use crate::limits::providers::{self, Provider};
use crate::source::FileKind;
use crate::types::Type;
use crate::walk;

pub(super) fn check(context: &Context, found: &mut Vec<Diagnostic>) {
    let mut files = context.source.files.iter().enumerate();
    let Some((index, file)) = files.find(|(_, file)| file.kind == FileKind::Shop) else { return };
    let (profile, _) = shop::read(file_id(index), &file.text);
    let Some(payments) = &profile.payments else { return };
    let Some(named) = payments.settings.iter().find(|setting| setting.name.value == "provider") else { return };
    let (name, span) = (named.value.text().unwrap_or_default(), named.value.span);
    let Some(provider) = Provider::named(name) else {
        let known: Vec<&str> = providers::ALL.iter().map(|provider| provider.name).collect();
        let message = format!("There is no payment provider `{name}`.");
        let finding = Diagnostic::new(719, span, message).did_you_mean(name, known.iter().copied());
        let help = format!("There are: {}.", known.join(", "));
        found.push(if finding.help.is_none() { finding.help(help) } else { finding });
        return;
    };
    settings(provider, &payments.settings, span, found);
    page(&profile, found);
    old(provider, payments, found);
    chat(context, provider, payments, found);
    currency(context, provider, profile.currency.as_ref(), span, found);
    methods(context, payments, found);
    refunds(context, provider, payments, found);
}

/// Languages of the shop that the page behind a pay link has no words in.
fn page(profile: &ShopFile, found: &mut Vec<Diagnostic>) {
    let short = |language: &str| language.split(['-', '_']).next().unwrap_or_default().to_string();
    for language in &profile.languages {
        if !providers::PAGE_LANGUAGES.contains(&short(&language.value).as_str()) {
            let message =
                format!("The pay page does not speak `{}`: whoever writes it reads English there.", language.value);
            let help = format!(
                "It speaks: {}. Say before the link what the page asks for.",
                providers::PAGE_LANGUAGES.join(", ")
            );
            found.push(Diagnostic::new(727, language.span, message).help(help));
        }
    }
}

/// A flow that gives money back, at a provider that does not: not without more settings, or not a part of it.
fn refunds(context: &Context, provider: &Provider, payments: &Payments, found: &mut Vec<Diagnostic>) {
    let own = |name: &str| payments.settings.iter().any(|setting| setting.name.value == name);
    let missing: Vec<&str> = provider.refunds.iter().copied().filter(|name| !own(name)).collect();
    for step in context.flows().flat_map(walk::lines).flat_map(|lines| lines.steps) {
        let StepKind::Call(call) = &step.kind else { continue };
        let operation = context.shop.operations.get(call.operation.index());
        if operation.is_none_or(|operation| operation.path() != "payments.refund") {
            continue;
        }
        if !missing.is_empty() {
            let message =
                format!("`{}` gives no money back by a command here: it is refused every time.", provider.name);
            let help = format!("Add {} below `payments`, or let a person give it back.", missing.join(" and "));
            found.push(Diagnostic::new(722, step.span, message).help(help));
        } else if provider.whole && call.arguments.get(1).is_some_and(|part| part.ty != Type::None) {
            let message = format!("`{}` gives back whole payments only: a part is refused every time.", provider.name);
            let help = "Leave the amount out, or let a person give a part back.";
            found.push(Diagnostic::new(722, step.span, message).help(help));
        }
    }
}

/// The provider before this one needs what it needed then.
fn old(provider: &Provider, payments: &Payments, found: &mut Vec<Diagnostic>) {
    let Some(first) = payments.old.first() else { return };
    let named = payments.old.iter().find(|setting| setting.name.value == "provider");
    let span = named.map_or(first.name.span, |named| named.value.span);
    let known = named.and_then(|named| Provider::named(named.value.text().unwrap_or_default()));
    match known {
        Some(before) if before.name == provider.name => {
            let message = format!("`old` is the provider before `{}`, not the same once more.", provider.name);
            let help = "A secret that is being changed stands beside the new one, as `old_…`.";
            found.push(Diagnostic::new(720, span, message).help(help));
        }
        Some(before) => settings(before, &payments.old, span, found),
        None => {
            let known: Vec<&str> = providers::ALL.iter().map(|provider| provider.name).collect();
            let message = "`old` names no payment provider.";
            found.push(Diagnostic::new(719, span, message).help(format!("There are: {}.", known.join(", "))));
        }
    }
}

fn settings(provider: &Provider, written: &[Setting], span: Span, found: &mut Vec<Diagnostic>) {
    let own = |name: &str| written.iter().find(|setting| setting.name.value == name);
    let title = provider.name;
    let missing = |name: &str, write: String| {
        let message = format!("`{title}` needs `{name}`, and `payments` does not say it.");
        Diagnostic::new(720, span, message).help(format!("Add `{write}` below `payments`."))
    };
    for name in provider.secrets.iter().filter(|name| own(name).is_none()) {
        found.push(missing(name, format!("{name}: env:{}_{}", title.to_uppercase(), name.to_uppercase())));
    }
    for name in provider.words.iter().filter(|name| own(name).is_none()) {
        found.push(missing(name, format!("{name}: …")));
    }
    let all: Vec<&str> = provider.settings().collect();
    for setting in written.iter().filter(|it| !all.contains(&it.name.value.as_str())) {
        let name = setting.name.value.as_str();
        let message = format!("`{title}` has no setting `{name}`.");
        let finding = Diagnostic::new(720, setting.name.span, message).did_you_mean(name, all.iter().copied());
        let help = format!("There are: {}.", all.join(", "));
        found.push(if finding.help.is_none() { finding.help(help) } else { finding });
    }
    if let Some(unwanted) = own("unwanted").filter(|it| !it.value.text().is_some_and(|word| UNWANTED.contains(&word))) {
        let word = unwanted.value.text().unwrap_or_default();
        let message = format!("`{word}` is nothing that becomes of money which nobody is to keep.");
        let finding = Diagnostic::new(720, unwanted.value.span, message);
        found.push(finding.help("Write `give_back`, or `person`: people are told, and decide."));
    }
    let is_secret = |it: &&Setting| provider.secrets.iter().chain(provider.optional).any(|name| it.name.value == *name);
    for setting in written.iter().filter(is_secret) {
        let text = setting.value.text().unwrap_or_default();
        // One that is written out is told as such where the file is read.
        if text.is_empty() {
            let message = format!("`{}` says nothing.", setting.name.value);
            found.push(Diagnostic::new(720, setting.name.span, message).help("Write `env:NAME` or `file:PATH`."));
        }
    }
}

/// Who takes money inside the chat: known, with its configuration, for rupees; or Pix, for reais.
fn chat(context: &Context, provider: &Provider, payments: &Payments, found: &mut Vec<Diagnostic>) {
    let own = |name: &str| payments.settings.iter().find(|setting| setting.name.value == name);
    let Some(chat) = own("chat") else { return };
    let (name, span) = (chat.value.text().unwrap_or_default(), chat.value.span);
    let code = context.shop.profile.currency.code();
    if name == providers::PIX {
        found.extend(pix(code, provider, payments, span));
    } else if !providers::CHAT.contains(&name) {
        let all = || providers::CHAT.into_iter().chain([providers::PIX]);
        let message = format!("`{name}` takes no money inside the chat.");
        let finding = Diagnostic::new(720, span, message).did_you_mean(name, all());
        let help = format!("There are: {}.", all().collect::<Vec<_>>().join(", "));
        found.push(if finding.help.is_none() { finding.help(help) } else { finding });
    } else if own("chat_configuration").is_none() {
        let message = "`chat` needs `chat_configuration`, the name of the payment configuration in WhatsApp Manager.";
        found.push(Diagnostic::new(720, span, message).help("Add `chat_configuration: NAME` below `payments`."));
    } else if code != "INR" {
        let message = format!("`chat` takes rupees, and this shop sells in {code}: customers get the link.");
        found.push(Diagnostic::new(721, span, message).help("Take `chat` out. It is for shops in India."));
    }
}

/// What keeps a bill from being paid by a Pix code.
fn pix(currency: &str, provider: &Provider, payments: &Payments, span: Span) -> Option<Diagnostic> {
    let own = |name: &str| payments.settings.iter().find(|setting| setting.name.value == name);
    let told = |code, message: String, help: &str| Some(Diagnostic::new(code, span, message).help(help));
    if currency != "BRL" {
        let message = format!("Pix takes reais, and this shop sells in {currency}: customers get the link.");
        return told(721, message, "Take `chat` out. Pix is for shops in Brazil.");
    }
    if !provider.codes {
        let message = format!("`{}` makes no Pix codes here: customers get the link.", provider.name);
        let who: Vec<&str> = providers::ALL.iter().filter(|known| known.codes).map(|known| known.name).collect();
        return told(720, message, &format!("Take `chat` out, or name another provider: {}.", who.join(", ")));
    }
    if own("pix_account").is_none() {
        let message = "`chat: pix` needs `pix_account`, the key that your customers' banks show.".to_string();
        return told(720, message, "Add `pix_account: …` and `pix_account_type: CNPJ` below `payments`.");
    }
    let kind = own("pix_account_type").and_then(|kind| kind.value.text()).unwrap_or_default();
    if !providers::PIX_KEYS.contains(&kind) {
        let message = "`pix_account_type` says what `pix_account` is.".to_string();
        return told(720, message, &format!("Write one of {}.", providers::PIX_KEYS.join(", ")));
    }
    None
}

fn currency(
    context: &Context,
    provider: &Provider,
    written: Option<&Spanned<SmolStr>>,
    span: Span,
    found: &mut Vec<Diagnostic>,
) {
    let code = context.shop.profile.currency.code().to_string();
    if provider.currencies.is_empty() || provider.currencies.contains(&code.as_str()) {
        return;
    }
    let message = format!("`{}` takes no payments in {code}: no customer of this shop could pay.", provider.name);
    let takes = provider.currencies.join(", ");
    let finding = Diagnostic::new(721, span, message).help(format!("It takes {takes}. Name another provider."));
    found.push(match written {
        Some(written) => finding.label(written.span, "what the shop sells in"),
        None => finding,
    });
}

/// The demo takes cash always; a shop with a provider says which methods it takes.
fn methods(context: &Context, payments: &Payments, found: &mut Vec<Diagnostic>) {
    if payments.methods.iter().any(|method| method.value == "cash") {
        return;
    }
    for step in context.flows().flat_map(walk::lines).flat_map(|lines| lines.steps) {
        let StepKind::Call(call) = &step.kind else { continue };
        let operation = context.shop.operations.get(call.operation.index());
        if operation.is_some_and(|operation| operation.path() == "payments.cash") {
            let message = "This flow takes cash, and `payments` of shop.yaml does not: it is refused every time.";
            let help =
                "Write `methods: [cash]` beside the others below `payments`, or take the choice out of the flow.";
            found.push(Diagnostic::new(722, step.span, message).help(help));
        }
    }
}
