//! Signed webhooks as Meta posts them, whole HTTP requests ready to be written. Sends nothing.

use aws_lc_rs::hmac;

/// The secret that the measured server's shop is configured with.
pub const APP_SECRET: &str = "load-test-app-secret";

/// What one connection posts: texts or statuses, each with an id never used before.
pub struct Webhooks {
    key: hmac::Key,
    path: String,
    host: String,
    number: String,
    /// Makes ids of this run differ from every other run's.
    run: u64,
}

impl Webhooks {
    pub fn new(host: &str, path: &str, number: &str, run: u64) -> Webhooks {
        Webhooks::signed(APP_SECRET, host, path, number, run)
    }

    /// The same of an app with another secret.
    pub fn signed(secret: &str, host: &str, path: &str, number: &str, run: u64) -> Webhooks {
        Webhooks {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            path: path.into(),
            host: host.into(),
            number: number.into(),
            run,
        }
    }

    /// A customer writes `count N` (ruling 24's counter shop answers each with its number).
    pub fn text(&self, customer: u64, n: u64, unix: u64) -> Vec<u8> {
        let Webhooks { run, number, .. } = self;
        let user = phone(customer);
        self.request(&format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{number}"}},"contacts":[{{"profile":{{"name":"Dana Reyes"}},"wa_id":"{user}","user_id":"US.1349{user}"}}],"messages":[{{"from":"{user}","from_user_id":"US.1349{user}","id":"wamid.HBgLMTY1MDU1NTAxMjMVAgASGBQzQTAw{run:016x}{n:016x}","timestamp":"{unix}","text":{{"body":"count {n}"}},"type":"text"}}]}},"field":"messages"}}]}}]}}"#
        ))
    }

    /// Several customers' texts in one webhook, as the platform batches them.
    pub fn texts(&self, texts: &[(u64, u64)], unix: u64) -> Vec<u8> {
        let number = &self.number;
        let changes: Vec<String> = texts
            .iter()
            .map(|(customer, n)| {
                let (user, id) = (phone(*customer), self.message_id(*n));
                format!(
                    r#"{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{number}"}},"contacts":[{{"profile":{{"name":"Dana Reyes"}},"wa_id":"{user}","user_id":"US.1349{user}"}}],"messages":[{{"from":"{user}","from_user_id":"US.1349{user}","id":"{id}{user}","timestamp":"{unix}","text":{{"body":"count {n}"}},"type":"text"}}]}},"field":"messages"}}"#
                )
            })
            .collect();
        self.request(&format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{}]}}]}}"#,
            changes.join(",")
        ))
    }

    fn message_id(&self, n: u64) -> String {
        format!("wamid.HBgLMTY1MDU1NTAxMjMVAgASGBQzQTAw{:016x}{n:016x}", self.run)
    }

    /// The provider says that message `n` was delivered.
    pub fn status(&self, customer: u64, n: u64, unix: u64) -> Vec<u8> {
        let Webhooks { run, number, .. } = self;
        let user = phone(customer);
        self.request(&format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":[{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"{number}"}},"contacts":[{{"profile":{{"name":"Dana Reyes"}},"wa_id":"{user}","user_id":"US.1349{user}"}}],"statuses":[{{"id":"wamid.HBgLMTY1MDU1NTAxMjMVAgARGBQzQTAw{run:016x}{n:016x}","status":"delivered","timestamp":"{unix}","recipient_id":"{user}","recipient_user_id":"US.1349{user}","pricing":{{"billable":false,"pricing_model":"PMP","category":"service","type":"free_customer_service"}}}}]}},"field":"messages"}}]}}]}}"#
        ))
    }

    fn request(&self, body: &str) -> Vec<u8> {
        let tag = hex::encode(hmac::sign(&self.key, body.as_bytes()));
        self.with_headers(&format!("X-Hub-Signature-256: sha256={tag}\r\n"), body)
    }

    /// A request with these header lines, each ended, in place of the right signature.
    pub fn with_headers(&self, headers: &str, body: &str) -> Vec<u8> {
        let Webhooks { path, host, .. } = self;
        let length = body.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// A customer's number.
pub fn phone(customer: u64) -> u64 {
    16_500_000_000 + customer
}
