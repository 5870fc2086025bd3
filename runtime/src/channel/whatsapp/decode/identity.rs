//! By what a customer is known: a business-scoped user id, its parent, a phone number; each may be missing, and all may
//! change. Never guesses that two of them belong together.

use duka_engine::card;
use smol_str::SmolStr;

use super::Reader;
use crate::channel::whatsapp::wire::{Contact, Word};
use crate::channel::whatsapp::{CHANNEL, clean};
use crate::store::{Identity, IdentityKind};

/// The longest user id that is believed; the vendor writes up to 135 characters.
const USER_ID_MAX: usize = 200;

/// The ids that an element carries for one customer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids<'a> {
    pub user: &'a Word<'a>,
    pub parent: &'a Word<'a>,
    pub phone: &'a Word<'a>,
}

impl Reader<'_> {
    /// The identities in an element, completed by the contact that names the same customer, the surest first.
    pub(super) fn who(self, contacts: &[Contact<'_>], ids: Ids<'_>) -> (Vec<Identity>, SmolStr) {
        let contact = contact_of(contacts, ids);
        let nothing = Word::default();
        let or = |own: &Word<'_>, more: Option<&Word<'_>>| -> SmolStr {
            own.given().or_else(|| more.and_then(Word::given)).unwrap_or_default().into()
        };
        let user = or(ids.user, contact.map(|it| &it.user_id));
        let parent = or(ids.parent, contact.map(|it| &it.parent_user_id));
        let phone = or(ids.phone, contact.map(|it| &it.wa_id));
        let who = [
            self.identity(IdentityKind::User, &user),
            self.identity(IdentityKind::ParentUser, &parent),
            self.identity(IdentityKind::Phone, &phone),
        ];
        let name = contact.map_or(&nothing, |it| &it.profile.name);
        (who.into_iter().flatten().collect(), card::without(&clean::line(name.as_str())).into())
    }

    /// An id as an identity, if it looks like one.
    pub(super) fn identity(self, kind: IdentityKind, value: &str) -> Option<Identity> {
        let value = match kind {
            IdentityKind::Phone => {
                let digits = value.strip_prefix('+').unwrap_or(value);
                let fine = (5..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
                fine.then_some(digits)
            }
            IdentityKind::User | IdentityKind::ParentUser => {
                let fine =
                    (1..=USER_ID_MAX).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_graphic());
                fine.then_some(value)
            }
            IdentityKind::Order => None,
        }?;
        Some(Identity { shop: self.shop, channel: SmolStr::new_static(CHANNEL), kind, value: value.into() })
    }
}

/// The contact that shares an id with the element; a lone contact also if no id contradicts it.
fn contact_of<'c, 'a>(contacts: &'c [Contact<'a>], ids: Ids<'_>) -> Option<&'c Contact<'a>> {
    let same = |own: &Word<'_>, theirs: &Word<'_>| own.given().is_some_and(|own| own == theirs.as_str());
    let differ =
        |own: &Word<'_>, theirs: &Word<'_>| own.given().zip(theirs.given()).is_some_and(|(own, theirs)| own != theirs);
    let shares = |it: &&Contact<'_>| same(ids.user, &it.user_id) || same(ids.phone, &it.wa_id);
    let lone = || contacts.first().filter(|it| contacts.len() == 1 && !differ(ids.phone, &it.wa_id));
    contacts.iter().find(shares).or_else(lone).filter(|it| !differ(ids.user, &it.user_id))
}
