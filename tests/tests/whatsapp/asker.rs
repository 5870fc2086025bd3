//! A phone with a form open: it wraps what it asks as the vendor does, and reads the answers.

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use duka_runtime::channel::whatsapp::flows::crypto::{Envelope, KeyPair, generate};
use serde_json::{Value, json};

/// The other side: wraps a payload for a public key, signs it, and opens the answer.
pub struct Asker {
    pub pair: KeyPair,
    pub key: [u8; 16],
    pub nonce: [u8; 16],
}

impl Asker {
    pub fn new() -> Asker {
        Asker { pair: generate().expect("a pair"), key: [7; 16], nonce: [9; 16] }
    }

    pub fn body(&self, payload: &Value) -> Vec<u8> {
        let pem: String = self.pair.public.lines().filter(|line| !line.starts_with('-')).collect();
        let public = PublicEncryptingKey::from_der(&STANDARD.decode(pem).expect("base64")).expect("a public key");
        let public = OaepPublicEncryptingKey::new(public).expect("a public key");
        let mut room = vec![0; public.ciphertext_size()];
        let wrapped = public.encrypt(&OAEP_SHA256_MGF1SHA256, &self.key, &mut room, None).expect("it can be wrapped");
        // An answer's nonce is the request's turned, so a request is sealed with its own turned.
        let sealed = Envelope::new(self.key, self.nonce.map(|byte| !byte)).seal(payload.to_string().as_bytes());
        json!({
            "encrypted_flow_data": sealed.expect("it can be sealed"),
            "encrypted_aes_key": STANDARD.encode(wrapped),
            "initial_vector": STANDARD.encode(self.nonce),
        })
        .to_string()
        .into_bytes()
    }

    /// What an answer says.
    pub fn read(&self, answer: &str) -> Value {
        let sealed = STANDARD.decode(answer).expect("base64");
        let plain = Envelope::new(self.key, self.nonce.map(|byte| !byte)).open(&sealed).expect("the asker can read it");
        serde_json::from_slice(&plain).expect("JSON")
    }
}
