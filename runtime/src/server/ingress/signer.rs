//! Which app signed a body. What an unverified body says of whom it is for chooses the secrets that are tried first, and
//! never whether one fits; however much it says, so many are tried and no more.

use crate::shops::Routes;

/// Apps that are tried for one body, those that it names first.
const MOST_APPS: usize = 16;

/// The longest id of a number or an account.
const MOST_DIGITS: usize = 32;

/// The place of the app in the routes; `None`: forged, or of an app that is not ours.
pub(super) fn signer(routes: &Routes, signature: Option<&[u8]>, body: &[u8]) -> Option<usize> {
    let signed = |app: &usize| routes.apps.get(*app)?.as_ref()?.signer(signature, body).map(|_| *app);
    let likely = likely(routes, body);
    let others = (0..routes.apps.len()).filter(|app| !likely.contains(app));
    likely.iter().copied().chain(others).take(MOST_APPS).find_map(|app| signed(&app))
}

/// The apps of the numbers, accounts and portfolios that the body names.
fn likely(routes: &Routes, body: &[u8]) -> Vec<usize> {
    let mut apps = Vec::new();
    for id in ids(body) {
        let of_number = routes.of_number(id).into_iter();
        for shop in of_number.chain(routes.of_account(id)).chain(routes.of_portfolio(id)) {
            if !apps.contains(&shop.app) {
                apps.push(shop.app);
            }
            if apps.len() == MOST_APPS {
                return apps;
            }
        }
    }
    apps
}

/// The digits that stand in the bytes as `"phone_number_id"` or `"id"`, without reading them as JSON. A customer's words
/// can not stand there: quotes within them are escaped.
fn ids(body: &[u8]) -> impl Iterator<Item = &str> {
    const END: &[u8] = b"id\"";
    let ends = body.windows(END.len()).enumerate().filter(|(_, window)| *window == END).map(|(at, _)| at);
    ends.filter_map(|at| {
        let (before, rest) = body.split_at_checked(at)?;
        if !(before.ends_with(b"\"") || before.ends_with(b"\"phone_number_")) {
            return None;
        }
        digits(rest.get(END.len()..)?)
    })
}

/// `: "106"` or `:106`.
fn digits(rest: &[u8]) -> Option<&str> {
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let length = rest.iter().take(MOST_DIGITS + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let fits = (1..=MOST_DIGITS).contains(&length);
    fits.then(|| rest.get(..length)).flatten().and_then(|digits| std::str::from_utf8(digits).ok())
}

#[cfg(test)]
mod tests {
    use super::ids;

    #[test]
    fn numbers_and_accounts_of_a_body_are_found_without_reading_it() {
        let found = |body: &str| ids(body.as_bytes()).map(str::to_string).collect::<Vec<_>>();
        assert_eq!(found(r#"{"metadata":{"phone_number_id": "106"}}"#), ["106"]);
        assert_eq!(found(r#"{"metadata":{"phone_number_id":106,"x":1}}"#), ["106"]);
        assert_eq!(found(r#"{"entry":[{"changes":[],"id" : "102","time":1},{"id":"103"}]}"#), ["102", "103"]);
        let words = serde_json::json!({ "id": "wamid.1", "body": "\"id\":\"7\"", "template_id": "9" }).to_string();
        for none in ["", "{}", "\"phone_number_id\"", "\"id\":\"\"", "\"id\":\"abc\"", &words, &"\"id\":1".repeat(0)] {
            assert!(found(none).is_empty(), "{none}");
        }
        assert!(found(&format!("\"id\":\"{}\"", "1".repeat(33))).is_empty());
    }
}
