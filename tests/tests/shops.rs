//! The example shops and the standard flows as their merchants know them: checked, tested, replayed, broken on purpose.

#[path = "shops/clean.rs"]
mod clean;
#[path = "shops/conversations.rs"]
mod conversations;
#[path = "shops/cost.rs"]
mod cost;
#[path = "shops/deliveries.rs"]
mod deliveries;
#[path = "shops/facts.rs"]
mod facts;
#[path = "shops/forms.rs"]
mod forms;
#[path = "shops/mutations.rs"]
mod mutations;
#[path = "shops/reference.rs"]
mod reference;
#[path = "shops/schemas.rs"]
mod schemas;
#[path = "shops/search.rs"]
mod search;
