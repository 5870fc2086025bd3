//! Settings as they are written, and what is said of mistakes.

use secrecy::ExposeSecret;

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string())).collect()
}

fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, Mistake> {
    let file = file::parse(Path::new("duka.toml"), text)?;
    let keyring = Keyring::strict(&variables(environment));
    let mut file = file;
    file::overlay(&mut file, keyring.variables())?;
    Resolve { place: PathBuf::from("duka.toml"), base: PathBuf::new(), keyring: &keyring }.config(file)
}

fn told(text: &str, environment: &[(&str, &str)]) -> String {
    let mistake = load_text(text, environment).expect_err("a mistake");
    format!("{mistake} {}", mistake.help.clone().unwrap_or_default())
}

#[test]
fn everything_has_a_default() {
    let config = load_text("", &[]).expect("fine");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database, Database::Sqlite(PathBuf::from("duka.db")));
    assert_eq!(config.graph.url.as_str(), "https://graph.facebook.com/");
    assert_eq!(config.sending.hold_ms, 30_000);
    assert!(config.whatsapp.app_secrets.is_empty());
}

#[test]
fn pay_links_need_an_address_and_a_key_that_nobody_guesses() {
    let (new, old) = ("n".repeat(32), "o".repeat(32));
    let text = "[payments]\nurl = \"https://pay.example\"\nkey = \"env:NEW\"\nold_key = \"env:OLD\"\n";
    let payments = load_text(text, &[("NEW", &new), ("OLD", &old)]).expect("fine").payments;
    let keys: Vec<&[u8]> = payments.keys.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(keys, [new.as_bytes(), old.as_bytes()], "the newest first");
    assert_eq!(load_text("", &[]).expect("fine").payments.url, None, "out of development there is no usual address");
    let here = load_text("development = true", &[]).expect("fine").payments.url.expect("the server's own");
    assert_eq!(here.as_str(), "http://127.0.0.1:8080/");
    assert!(told(text, &[("NEW", "short"), ("OLD", &old)]).contains("openssl rand -hex 32"));
    assert!(told("[payments]\nurl = \"http://pay.example\"", &[]).contains("plain HTTP"));
}

#[test]
fn a_file_is_read_and_the_environment_wins() {
    let text = "\
listen = \"0.0.0.0:9000\"
database = \"postgres://duka@localhost/duka\"
[graph]
version = \"v24.0\"
[whatsapp]
app_secret = \"env:APP\"
old_app_secret = \"env:OLD\"
[sending]
answer = \"5 seconds\"
hold = \"2 seconds\"
";
    let environment =
        [("APP", "s3cret\n"), ("OLD", "0ld"), ("DUKA_LISTEN", "127.0.0.1:1"), ("DUKA_WHATSAPP_VERIFY_TOKEN", "word")];
    let config = load_text(text, &environment).expect("fine");
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.graph.version, "v24.0");
    assert_eq!((config.sending.hold_ms, config.sending.answer_ms), (2_000, 5_000));
    let secrets: Vec<&str> = config.whatsapp.app_secrets.iter().map(ExposeSecret::expose_secret).collect();
    assert_eq!(secrets, ["s3cret", "0ld"]);
    assert_eq!(config.whatsapp.verify_token.map(|token| token.expose_secret().to_string()), Some("word".to_string()));
    assert_eq!(format!("{:?}", config.database), "postgres");
}

#[test]
fn a_mistake_names_its_line_and_what_to_write() {
    let cases = [
        (
            "development = true\nlistn = \"x\"",
            "`duka.toml`, line 2: there is no setting `listn` Did you mean `listen`?",
        ),
        ("\n[graph]\nversion = \"24\"", "`duka.toml`, line 3: should be a version such as `v25.0`, not `24` "),
        ("[whatsapp]\ntoken = \"EAAG1\"", "`duka.toml`, line 2: a secret is written out here"),
        ("[whatsapp]\napp_secret = \"env:NONE\"", "`duka.toml`: `whatsapp.app_secret`: the environment has no `NONE`"),
        (
            "[whatsapp]\napp_secret = \"env:BLANK\"",
            "`duka.toml`: `whatsapp.app_secret`: `BLANK` in the environment is empty",
        ),
        ("listen = \"nowhere\"", "`duka.toml`, line 1: should be an address with a port"),
        ("[graph]\nurl = \"http://graph.example\"", "`duka.toml`: the Graph API is called over plain HTTP"),
        ("listen = ", "`duka.toml`, line 1: "),
        ("clock_ahead = \"26 hours\"", "`duka.toml`: `clock_ahead` would let timers fire and windows end too early"),
        (
            "development = true\nclock_ahead = \"26 hours\"\n[graph]\nurl = \"http://graph.example\"",
            "`duka.toml`: `clock_ahead` would let timers fire",
        ),
    ];
    for (text, expected) in cases {
        let told = told(text, &[("BLANK", "  ")]);
        assert!(told.starts_with(expected), "{text}: {told}");
        assert!(!told.contains("EAAG1"), "{told}");
    }
}

#[test]
fn a_variable_is_judged_like_a_line() {
    assert_eq!(
        told("", &[("DUKA_LISTEM", "x")]),
        "`the environment`: there is no setting `DUKA_LISTEM` Did you mean `DUKA_LISTEN`? Secrets of shops may have any other name."
    );
    assert!(told("", &[("DUKA_SENDING_HOLD", "soon")]).contains("`DUKA_SENDING_HOLD` should be a length of time"));
    assert!(load_text("", &[("DUKA_ZURI_TOKEN", "x")]).is_ok());
    assert!(told("", &[("DUKA_WHATSAPP_APP_SECRET", "")]).contains("is empty"));
}
