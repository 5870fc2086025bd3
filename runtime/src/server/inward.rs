//! From WhatsApp to the host: files of customers, fetched with the token of the shop that they were sent to.

use std::sync::Arc;

use crate::channel::whatsapp::client::{Access, CallError, Graph, MediaError};
use crate::channel::whatsapp::decode::FileRef;
use crate::host::files::{Fetch, Fetched, FileRequest};
use crate::shops::Registry;

/// The vendor's hosts failed, or answer too much at once: the same may go well in a moment.
const RETRIED: &[i32] = &[1, 2, 4, 80007, 130_429, 131_000, 131_016, 131_057, 133_004];

pub struct Inward {
    registry: Arc<Registry>,
    graph: Graph,
}

impl Inward {
    pub fn new(registry: Arc<Registry>, graph: Graph) -> Inward {
        Inward { registry, graph }
    }
}

impl Fetch for Inward {
    async fn fetch(&self, request: FileRequest) -> Fetched {
        let routes = self.registry.now();
        let shop = routes.of(request.shop).filter(|shop| shop.numbers.contains(&request.number));
        let access = shop.and_then(|shop| Access::new(shop.token.as_ref()?).ok());
        let Some(access) = access else { return Fetched::NotNow };
        let wanted = request.wanted;
        let file = FileRef { id: wanted.id, url: wanted.url, sha256: wanted.sha256, ..FileRef::default() };
        match self.graph.download(&file, &request.number, &access, request.most).await {
            Ok(file) => Fetched::Whole(file.bytes),
            Err(error) => {
                tracing::warn!(%error, "a customer's file was not fetched");
                after(&error)
            }
        }
    }
}

fn after(error: &MediaError) -> Fetched {
    match error {
        MediaError::TooLarge(_) => Fetched::TooLarge,
        MediaError::WrongHash | MediaError::ForeignHost | MediaError::Gone => Fetched::Never,
        MediaError::NotNow
        | MediaError::Network(_)
        | MediaError::Call(CallError::Network(_) | CallError::Unreadable) => Fetched::NotNow,
        MediaError::Call(CallError::TooLong) => Fetched::Never,
        MediaError::Call(CallError::Refused(refused)) if RETRIED.contains(&refused.code) => Fetched::NotNow,
        MediaError::Call(CallError::Refused(_)) => Fetched::Never,
    }
}
