//! What the stand-ins have done, beside the database: the shop's orders and stock, the provider's books, how far the clock is
//! ahead. Written down for the next process on the same folder; a file that can not be read is begun anew.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::DevError;
use super::house::House;
use super::shop::replace;
use crate::host::calls;
use crate::payments::demo;

/// Where it is written down.
const FILE: &str = "stand-ins.json";

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub ahead_ms: i64,
    pub shop: calls::Memory,
    pub money: demo::Memory,
}

/// The embedded database, in its folder.
pub const DATABASE: &str = "duka.db";

/// Makes the folder ours. One with the database of a real server is not touched: its customers are real, and here time can
/// be moved on (TM37).
///
/// # Errors
/// It can not be made, or is not ours.
pub fn claim(data: &Path) -> Result<(), DevError> {
    std::fs::create_dir_all(data).map_err(DevError::Data)?;
    if is_played(data) {
        return Ok(());
    }
    if data.join(DATABASE).exists() {
        return Err(DevError::Foreign(data.join(DATABASE)));
    }
    replace(&data.join(FILE), "{}").map_err(DevError::Data)
}

/// Whether conversations in this folder are played ones.
pub fn is_played(folder: &Path) -> bool {
    folder.join(FILE).is_file()
}

/// What an earlier process has left in this folder.
pub fn read(data: &Path) -> Kept {
    let Ok(text) = std::fs::read_to_string(data.join(FILE)) else { return Kept::default() };
    serde_json::from_str(&text).unwrap_or_else(|error| {
        tracing::warn!(%error, "what the stand-ins had done can not be read, and is begun anew");
        Kept::default()
    })
}

/// Rises with whatever would be written otherwise.
pub fn changes(house: &House) -> (u64, u64, i64) {
    (house.around.demo.changes(), house.money.changes(), house.config().clock_ahead_ms)
}

pub fn write(house: &House) {
    let kept =
        Kept { ahead_ms: house.config().clock_ahead_ms, shop: house.around.demo.memory(), money: house.money.memory() };
    let text = serde_json::to_string(&kept).unwrap_or_default();
    if let Err(error) = replace(&house.data.join(FILE), &text) {
        tracing::warn!(%error, "what the stand-ins have done could not be written down");
    }
}
