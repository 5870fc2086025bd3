//! `duka dev`: a whole shop on one machine. The real server on an embedded database; only WhatsApp, the shop's systems, its
//! payment provider and its courier are stood in for, and a page in the browser is the customer's phone. Has no secret of
//! anybody, speaks to nobody but this machine, and is heard by nobody else.

mod answers;
mod assets;
pub mod checks;
mod clock;
mod customers;
mod described;
mod door;
pub mod drawing;
mod files;
mod guard;
mod house;
mod inner;
pub mod kept;
mod levers;
mod map;
mod media;
mod person;
mod phones;
mod place;
mod products;
mod record;
mod reload;
mod say;
mod shop;
mod stream;
mod watching;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::checks::{Checks, Finding};
pub use self::described::document;
use self::house::House;
pub use self::shop::replace;
use crate::config::Mistake;
use crate::dev_graph::server as graph;
use crate::egress::EgressError;
use crate::server::run::StartError;
use crate::shops::{Watch, load};

/// What is run, and where.
pub struct Options {
    /// The folder of one shop, or of several.
    pub shop: PathBuf,
    /// 0: any that is free.
    pub port: u16,
    /// Where the database and customers' files lie.
    pub data: PathBuf,
    pub checks: Arc<dyn Checks>,
}

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    #[error("nothing can listen on port {0}: {1}")]
    Port(u16, std::io::Error),
    #[error(transparent)]
    Shop(#[from] load::Error),
    #[error("the folder of data: {0}")]
    Data(std::io::Error),
    #[error("`{}` was not made by `duka dev`", .0.display())]
    Foreign(PathBuf),
    #[error("`{}` is where the shop's own files lie", .0.display())]
    Within(PathBuf),
    #[error(transparent)]
    Settings(#[from] Mistake),
    #[error("the stand-in for WhatsApp: {0}")]
    Graph(#[from] graph::Error),
    #[error("the way to the demo's payments: {0}")]
    Egress(#[from] EgressError),
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Everything, running.
pub struct Dev {
    /// Where the page is.
    pub address: SocketAddr,
    house: Arc<House>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// How long pages and searches that are under way at the end are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Starts all of it. A shop with errors is no error here: the page shows them, and the shop starts when they are mended.
///
/// # Errors
/// What keeps it from running at all.
pub async fn start(options: Options) -> Result<Dev, DevError> {
    let wanted = SocketAddr::from(([127, 0, 0, 1], options.port));
    let listener = TcpListener::bind(wanted).await.map_err(|error| DevError::Port(options.port, error))?;
    let address = listener.local_addr().map_err(|error| DevError::Port(options.port, error))?;
    // Begun first, so that no change of a file goes by between reading and watching.
    let watch = Watch::soon(&options.shop);
    let house = House::open(options, address).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    house.begin(watch, &stop, &tasks).await?;
    // Only now: a page that asks meanwhile waits, instead of hearing that there is no such shop.
    tasks.spawn(door::serve(listener, Arc::clone(&house), stop.clone()));
    Ok(Dev { address, house, stop, tasks })
}

impl Dev {
    /// The shops that are served, by the names of their folders.
    pub fn shops(&self) -> Vec<String> {
        self.house.slugs()
    }

    /// What keeps shops from being served as they lie there: the shop, and what is wrong with which line.
    pub fn errors(&self) -> Vec<(String, Finding)> {
        let views = self.house.views().into_iter();
        let errors = views.flat_map(|view| {
            let errors = view.findings.into_iter().filter(|finding| finding.severity == "error");
            errors.map(move |finding| (view.slug.to_string(), finding))
        });
        errors.collect()
    }

    /// Where the stand-in for WhatsApp listens, and the server itself, if it runs.
    pub fn places(&self) -> (SocketAddr, Option<SocketAddr>) {
        (self.house.graph.address, self.house.inner.address())
    }

    /// Ends all of it in order.
    pub async fn stop(self) {
        self.stop.cancel();
        self.house.inner.stop().await;
        self.tasks.close();
        let _ = tokio::time::timeout(PATIENCE, self.tasks.wait()).await;
        kept::write(&self.house);
        self.house.keep_phones();
    }
}
