//! All pages of an answer that comes in several, up to a bound.

use serde_json::{Value as Json, json};
use url::Url;

use super::{Trouble, Turn};
use crate::adapter::mapping::{By, Only, Page, Path, Request};
use crate::adapter::rest::convert::text;

impl Turn<'_> {
    /// What is selected of all pages.
    pub(super) async fn pages(
        &mut self,
        request: &Request,
        page: Option<&Page>,
        select: Option<&Path>,
    ) -> Result<Vec<Json>, Trouble> {
        self.pages_to(request, page, select, None).await
    }

    /// The same; with `only`, of the pages up to the one with which so many have it.
    pub(super) async fn pages_to(
        &mut self,
        request: &Request,
        page: Option<&Page>,
        select: Option<&Path>,
        only: Option<(&Only, usize)>,
    ) -> Result<Vec<Json>, Trouble> {
        let mut selected: Vec<Json> = Vec::new();
        let mut have_it = 0;
        let mut cursor: Option<String> = None;
        for number in 0..page.map_or(1, |page| page.most.max(1)) {
            let parameters = page.map_or_else(Vec::new, |page| parameters(page, number, selected.len(), &cursor));
            let answer = self.attempt(request, &parameters, &[]).await?;
            self.at = None;
            let found: Vec<Json> = self.reading().select(select, &answer).into_iter().cloned().collect();
            let few = found.len();
            if let Some((only, _)) = only {
                have_it += self.only(Some(only), found.clone())?.len();
            }
            selected.extend(found);
            let enough = only.is_some_and(|(_, most)| have_it >= most);
            let Some(page) = page.filter(|_| !enough) else { break };
            cursor = page.next.as_ref().and_then(|next| next.first(&answer)).and_then(|next| text(next).ok());
            let full = page.size.as_ref().is_none_or(|size| few >= usize::try_from(size.is).unwrap_or(usize::MAX));
            if page.by == By::Link {
                self.at = self.next_address();
            }
            let more = match page.by {
                By::Link => self.at.is_some(),
                By::Cursor => cursor.as_ref().is_some_and(|cursor| !cursor.is_empty()),
                By::Number | By::Offset => full && few > 0,
            };
            if !more {
                break;
            }
        }
        self.at = None;
        Ok(selected)
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
