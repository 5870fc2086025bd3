//! What operators see: no text, number or name of a customer in logs and figures, and alerts about figures that exist.

#[path = "operations/alerts.rs"]
mod alerts;
#[path = "store/database.rs"]
mod database;
#[path = "operations/quiet.rs"]
mod quiet;
#[path = "server/stage.rs"]
#[expect(dead_code, reason = "the stage of the server's own tests, of which this needs a part")]
mod stage;
