//! The real server on real sockets against the stand-in for the Graph API: what comes to the door, what a customer of an
//! example shop gets to see, and what the operator's API lets pass.

#[path = "server/api.rs"]
mod api;
#[path = "server/apps.rs"]
mod apps;
#[path = "whatsapp/asker.rs"]
mod asker;
#[path = "server/at_the_tap.rs"]
mod at_the_tap;
#[path = "adapter/merchant.rs"]
mod backend;
#[path = "server/bag.rs"]
mod bag;
#[path = "files/bucket.rs"]
mod bucket;
#[path = "server/card.rs"]
mod card;
#[path = "server/card_corpus.rs"]
mod card_corpus;
#[path = "server/carriers.rs"]
mod carriers;
#[path = "server/data_requests.rs"]
mod data_requests;
#[path = "store/database.rs"]
mod database;
#[path = "server/disk.rs"]
mod disk;
#[path = "server/door.rs"]
mod door;
#[path = "server/erase.rs"]
mod erase;
#[path = "server/files.rs"]
mod files;
#[path = "server/flows.rs"]
mod flows;
#[path = "server/forms.rs"]
mod forms;
#[path = "server/fresh.rs"]
mod fresh;
#[path = "server/handoff.rs"]
mod handoff;
#[path = "server/in_chat.rs"]
mod in_chat;
#[path = "server/languages.rs"]
mod languages;
#[path = "server/lost_money.rs"]
mod lost_money;
#[path = "server/marks.rs"]
mod marks;
#[path = "server/merchant.rs"]
mod merchant;
#[path = "server/money.rs"]
mod money;
#[path = "server/orderings.rs"]
mod orderings;
#[path = "server/page.rs"]
mod page;
#[path = "server/parcels.rs"]
mod parcels;
#[path = "server/pay.rs"]
mod pay;
#[path = "server/play.rs"]
mod play;
#[path = "server/policy.rs"]
mod policy;
#[path = "payments/standin.rs"]
mod provider;
#[path = "server/providers.rs"]
mod providers;
#[path = "server/refunds.rs"]
mod refunds;
#[path = "server/search.rs"]
mod search;
#[path = "server/sends.rs"]
mod sends;
#[path = "adapter/shopify.rs"]
mod shopify;
#[path = "server/show.rs"]
mod show;
#[path = "server/slow.rs"]
mod slow;
#[path = "server/stage.rs"]
mod stage;
#[path = "server/tidings.rs"]
mod tidings;
#[path = "server/unknown.rs"]
mod unknown;
#[path = "server/unsettled.rs"]
mod unsettled;
#[expect(dead_code, reason = "shared with the tests of adapters, which use more of it")]
#[path = "adapter/vendor.rs"]
mod vendor;
#[path = "server/vendor_faults.rs"]
mod vendor_faults;
#[path = "server/vendors.rs"]
mod vendors;
#[path = "server/warnings.rs"]
mod warnings;
#[path = "server/webhooks.rs"]
mod webhooks;
#[path = "adapter/woocommerce.rs"]
mod woocommerce;
