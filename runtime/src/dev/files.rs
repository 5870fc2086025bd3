//! The files of a shop in the page's editor: read, judged while they are typed, written. A written file is noticed as any
//! other that is saved.

use std::path::PathBuf;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answers::{Body, Refused, Why};
use super::checks::Finding;
use super::house::House;
use super::shop::{self, Wrong, on_deep_stack};
use crate::shops;

/// A file as it lies on disk.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    pub text: String,
    /// Of the file as it was read; whoever writes says over which one.
    pub sha: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Written {
    pub sha: String,
}

/// What somebody is typing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct Draft {
    pub path: String,
    pub text: String,
}

/// The folder of a shop.
pub fn folder(house: &House, shop: &str) -> Result<PathBuf, Refused> {
    let found = shops::find(&house.folder).map_err(|error| Refused::wrong(Why::Absent, error.to_string()))?;
    let own = found.into_iter().find(|(slug, _)| slug == shop);
    own.map(|(_, folder)| folder).ok_or_else(|| Refused::absent("shop"))
}

pub async fn read(
    State(house): State<Arc<House>>,
    Path((shop, path)): Path<(String, String)>,
) -> Result<Json<Text>, Refused> {
    let (text, sha) = shop::read(&folder(&house, &shop)?, &path).map_err(wrong)?;
    Ok(Json(Text { text, sha }))
}

pub async fn write(
    State(house): State<Arc<House>>,
    Path((shop, path)): Path<(String, String)>,
    Body(wanted): Body<Text>,
) -> Result<Json<Written>, Refused> {
    let sha = shop::write(&folder(&house, &shop)?, &path, &wanted.text, &wanted.sha).map_err(wrong)?;
    Ok(Json(Written { sha }))
}

pub async fn check(
    State(house): State<Arc<House>>,
    Path(shop): Path<String>,
    Body(draft): Body<Draft>,
) -> Result<Json<Vec<Finding>>, Refused> {
    let (folder, checks) = (folder(&house, &shop)?, Arc::clone(&house.checks));
    let found = on_deep_stack(move || {
        let Draft { path, text } = draft;
        shop::findings(&folder, Some((&path, &text)), checks.as_ref())
    });
    Ok(Json(found.await.ok_or_else(|| Refused::failed(&"a file could not be judged"))?))
}

fn wrong(why: Wrong) -> Refused {
    match why {
        Wrong::Absent => Refused::absent("file in this shop"),
        Wrong::Changed => Refused::new(
            StatusCode::CONFLICT,
            Why::Changed,
            "The file was changed elsewhere since it was read. Read it again, and put your change into it.",
        ),
        Wrong::Large => Refused::wrong(Why::TooLarge, "The file would be larger than Duka reads."),
        Wrong::NotText => Refused::wrong(
            Why::NotText,
            "The file is no text in UTF-8, so that some of its letters can not be read. Save it as UTF-8 in the editor that it comes from.",
        ),
        Wrong::Disk(error) => Refused::disk(&error),
    }
}
