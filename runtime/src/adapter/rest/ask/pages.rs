//! All pages of an answer that comes in several, up to a bound.

use serde_json::{Value as Json, json};
use url::Url;

use super::{Trouble, Turn};
use crate::adapter::mapping::{By, Only, Page, Path, Request};
use crate::adapter::rest::convert::text;

/// Items of all pages that are held.
const MOST_HELD: usize = 50_000;

/// What was read of pages.
pub(super) struct Read {
    pub items: Vec<Json>,
    /// There is no further page.
    pub to_the_end: bool,
}

impl Turn<'_> {
    /// What is selected of all pages.
    pub(super) async fn pages(
        &mut self,
        request: &Request,
        page: Option<&Page>,
        select: Option<&Path>,
    ) -> Result<Vec<Json>, Trouble> {
        self.pages_to(request, page, select, None).await.map(|read| read.items)
    }

    /// The same; with `only`, those that have it, of the pages up to the one with which they are so many.
    pub(super) async fn pages_to(
        &mut self,
        request: &Request,
        page: Option<&Page>,
        select: Option<&Path>,
        only: Option<(&Only, usize)>,
    ) -> Result<Read, Trouble> {
        let mut items: Vec<Json> = Vec::new();
        let (mut read, mut to_the_end) = (0, false);
        let mut cursor: Option<String> = None;
        let mut last: Vec<Json> = Vec::new();
        for number in 0..page.map_or(1, |page| page.most.max(1)) {
            let parameters = page.map_or_else(Vec::new, |page| parameters(page, number, read, &cursor));
            let answer = self.attempt(request, &parameters, &[]).await?;
            let (at, before) = (self.at.take(), cursor.take());
            let found: Vec<Json> = self.reading().select(select, &answer).into_iter().cloned().collect();
            // The same page again: whether more lies behind it nobody can say.
            if !found.is_empty() && found == last {
                break;
            }
            last.clone_from(&found);
            let few = found.len();
            read += few;
            items.extend(self.only(only.map(|(only, _)| only), found)?);
            let enough = only.map_or(MOST_HELD, |(_, most)| most.min(MOST_HELD));
            if items.len() >= enough {
                break;
            }
            let Some(page) = page else {
                to_the_end = true;
                break;
            };
            cursor = page.next.as_ref().and_then(|next| next.first(&answer)).and_then(|next| text(next).ok());
            let size = page.size.as_ref().filter(|_| !self.doubts);
            let full = size.is_none_or(|size| few >= usize::try_from(size.is).unwrap_or(usize::MAX));
            if page.by == By::Link {
                self.at = self.next_address();
            }
            let more = match page.by {
                By::Link => self.at.is_some(),
                By::Cursor => cursor.as_ref().is_some_and(|cursor| !cursor.is_empty()),
                By::Number | By::Offset => full && few > 0,
            };
            // The page that was just read would come again. Whether more lies behind it nobody can say.
            let stands = match page.by {
                By::Link => self.at == at,
                By::Cursor => cursor == before,
                By::Number | By::Offset => false,
            };
            if more && stands {
                break;
            }
            if !more {
                to_the_end = true;
                break;
            }
        }
        self.at = None;
        items.truncate(only.and_then(|(only, _)| only.most).unwrap_or(MOST_HELD));
        Ok(Read { items, to_the_end })
    }

    /// The address of `rel="next"` in the header `Link` (RFC 8288).
    fn next_address(&self) -> Option<Url> {
        let link = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("link"))?;
        let next = link.1.split(',').find(|part| part.contains("rel=\"next\"") || part.contains("rel=next"))?;
        let address = next.split_once('<')?.1.split_once('>')?.0;
        self.backend.mapping.base.0.join(address).ok()
    }
}

fn parameters(page: &Page, number: u32, read: usize, cursor: &Option<String>) -> Vec<(String, Json)> {
    let mut parameters = Vec::new();
    if page.by == By::Link && number > 0 {
        return parameters;
    }
    let at = match page.by {
        By::Number => Some(json!(page.first.unwrap_or(1).saturating_add(number))),
        By::Offset => Some(json!(usize::try_from(page.first.unwrap_or(0)).unwrap_or(0) + read)),
        By::Cursor => cursor.as_ref().map(|cursor| json!(cursor)),
        // The first page; the address of any other says all.
        By::Link => None,
    };
    parameters.extend(at.map(|at| (page.query.clone(), at)));
    parameters.extend(page.size.as_ref().map(|size| (size.query.clone(), json!(size.is))));
    parameters
}
