//! Choices and forms on the wire: what a tap stands for, signed so that nobody can tap what was not offered (TM45).
//! Whether a tap is stale is the engine's question (language.md 2.5).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use duka_engine::event::ReplyId;
use duka_engine::limits::whatsapp;
use smol_str::SmolStr;

use super::keys::{ShopKeys, Use};
use crate::id::ConversationId;

const REPLY: &str = "1";
const FORM: &str = "f2";
/// In the place of a choice that is too long to be written: its tap counts as its title, typed.
const TITLE: &str = "t1";

/// `1/flow/state/choice/item/revision/epoch/MAC`, at most 200 bytes, so that a list's row can carry it. `None`: the
/// names are too long for that.
pub fn encode(id: &ReplyId, keys: &ShopKeys) -> Option<String> {
    let mut out = String::with_capacity(96);
    out.push_str(REPLY);
    for part in [&id.flow, &id.state, &id.choice] {
        out.push('/');
        escape(part, &mut out);
    }
    out.push('/');
    if let Some(item) = &id.item {
        out.push('=');
        escape(item, &mut out);
    }
    write!(out, "/{:x}/{:x}", id.revision, id.epoch).ok()?;
    sign(Use::Reply, keys, &mut out);
    (out.len() <= whatsapp::ROW_ID).then_some(out)
}

/// The id of the choice at `position` when [`encode`] has none: unlike any other, and read as its title.
pub fn by_title(position: usize) -> String {
    format!("{TITLE}/{position}")
}

/// What an id stands for, if this shop made it.
pub fn decode(wire: &str, keys: &ShopKeys) -> Option<ReplyId> {
    let signed = verified(Use::Reply, wire, keys)?;
    let mut parts = signed.split('/');
    let (version, flow, state) = (parts.next()?, parts.next()?, parts.next()?);
    let (choice, item, revision, epoch) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if version != REPLY || parts.next().is_some() {
        return None;
    }
    Some(ReplyId {
        flow: unescape(flow)?,
        state: unescape(state)?,
        choice: unescape(choice)?,
        item: match item.strip_prefix('=') {
            Some(item) => Some(unescape(item)?),
            None => None,
        },
        revision: u32::from_str_radix(revision, 16).ok()?,
        epoch: u32::from_str_radix(epoch, 16).ok()?,
    })
}

/// What the token of a form stands for: the answer to a WhatsApp Flow does not tell which Flow it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormToken {
    /// The conversation that it was sent in.
    pub conversation: ConversationId,
    /// The question; its choice is the form.
    pub id: ReplyId,
}

/// `f2/conversation/flow/state/form/revision/epoch/MAC`
pub fn form_token(token: &FormToken, keys: &ShopKeys) -> String {
    let FormToken { conversation, id } = token;
    let mut out = format!("{FORM}/{:x}", conversation.0);
    for part in [&id.flow, &id.state, &id.choice] {
        out.push('/');
        escape(part, &mut out);
    }
    out.push_str(&format!("/{:x}/{:x}", id.revision, id.epoch));
    sign(Use::Form, keys, &mut out);
    out
}

/// What a token stands for, if this shop made it.
pub fn form_of(token: &str, keys: &ShopKeys) -> Option<FormToken> {
    let parts: Vec<&str> = verified(Use::Form, token, keys)?.split('/').collect();
    let [FORM, conversation, flow, state, choice, revision, epoch] = parts.as_slice() else { return None };
    let id = ReplyId {
        flow: unescape(flow)?,
        state: unescape(state)?,
        choice: unescape(choice)?,
        item: None,
        revision: u32::from_str_radix(revision, 16).ok()?,
        epoch: u32::from_str_radix(epoch, 16).ok()?,
    };
    Some(FormToken { conversation: ConversationId(u64::from_str_radix(conversation, 16).ok()?), id })
}

fn sign(what: Use, keys: &ShopKeys, out: &mut String) {
    let mac = keys.mac(what, out.as_bytes());
    out.push('/');
    URL_SAFE_NO_PAD.encode_string(mac, out);
}

fn verified<'a>(what: Use, wire: &'a str, keys: &ShopKeys) -> Option<&'a str> {
    let (signed, mac) = wire.rsplit_once('/')?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    keys.is_ours(what, signed.as_bytes(), &mac).then_some(signed)
}

/// Percent-escapes what separates, what does not print, and blanks.
fn escape(part: &str, out: &mut String) {
    for c in part.chars() {
        if matches!(c, '/' | '%') || c.is_whitespace() || c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
}

fn unescape(part: &str) -> Option<SmolStr> {
    if !part.contains('%') {
        return Some(part.into());
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok().map(SmolStr::from)
}
