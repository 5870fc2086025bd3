//! The opaque id of a send: it travels in `biz_opaque_callback_data` and comes back in every status, so that an answer
//! that was lost can still be settled (reliability.md 4.3). Foreign and forged values are no ids.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{MAC_BYTES, ShopKeys, Use};
use crate::id::SendId;

const VERSION: u8 = 1;
const BYTES: usize = 1 + 16 + MAC_BYTES;

/// Version, id and signature, in 34 letters of base64url.
pub fn encode(id: SendId, keys: &ShopKeys) -> String {
    let mut bytes = [0; BYTES];
    bytes[0] = VERSION;
    bytes[1..17].copy_from_slice(&id.0);
    let mac = keys.mac(Use::Opaque, &bytes[..17]);
    bytes[17..].copy_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The send that a value stands for, if this shop made it.
pub fn decode(value: &str, keys: &ShopKeys) -> Option<SendId> {
    if value.len() != BYTES.div_ceil(3) * 4 - 2 {
        return None;
    }
    let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()?;
    let (signed, mac) = bytes.split_at(17);
    let (version, id) = signed.split_first()?;
    (*version == VERSION && keys.is_ours(Use::Opaque, signed, mac)).then_some(SendId(id.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretSlice;

    use super::{decode, encode};
    use crate::channel::whatsapp::keys::ShopKeys;
    use crate::id::SendId;

    fn keys(byte: u8) -> ShopKeys {
        ShopKeys::new(&SecretSlice::from(vec![byte; 16])).expect("long enough")
    }

    #[test]
    fn an_id_comes_back_to_its_shop_alone() {
        let ours = keys(1);
        let theirs = keys(2);
        let id = SendId([7; 16]);
        let wire = encode(id, &ours);
        assert_eq!((wire.len(), decode(&wire, &ours), decode(&wire, &theirs)), (34, Some(id), None));
        for at in 0..wire.len() {
            let other = if wire.get(at..=at) == Some("A") { "B" } else { "A" };
            let mut forged = wire.clone();
            forged.replace_range(at..=at, other);
            assert_eq!(decode(&forged, &ours), None, "letter {at} changed");
        }
        for foreign in ["", "flow=faq;node=7", "some data", &"A".repeat(512)] {
            assert_eq!(decode(foreign, &ours), None);
        }
        assert!(ShopKeys::new(&SecretSlice::from(vec![1; 15])).is_err());
    }
}
