//! The shops of a folder, compiled, with the numbers they are live on. Serves nobody; a broken shop is told, not served.

mod live;
pub mod load;
mod published;
mod registry;
mod source;
mod watch;

pub use live::{Keep, Live};
pub use published::{Kept, kept, look_up, root_key};
pub use registry::{Error, Registry, Reloaded, Routes, Served};
pub use source::{Outside, Source, find, read};
pub use watch::Watch;

use crate::config::Mistake;
use load::Shop;

/// Why a shop can not be served as it lies there.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Load(#[from] load::Error),
    /// A secret, a number, or two shops that contradict each other.
    #[error(transparent)]
    Mistake(#[from] Mistake),
    /// Its flows have errors; the command shows them as `duka check` does.
    #[error("`{}` has errors: `duka check {}` shows them", .0.title(), .0.title())]
    Broken(Box<Shop>),
    /// Its systems are where the operator does not want them to be asked; all else is well.
    #[error("{mistake}")]
    NotAllowed { shop: Box<Shop>, mistake: Mistake },
}

impl Trouble {
    /// The next thing to try, as a sentence.
    pub fn help(&self) -> Option<&str> {
        match self {
            Trouble::Load(error) => error.help(),
            Trouble::Mistake(mistake) | Trouble::NotAllowed { mistake, .. } => mistake.help.as_deref(),
            Trouble::Broken(_) => None,
        }
    }

    fn panicked() -> Trouble {
        let message = "something went wrong inside Duka itself while the shop was read; please report it".to_string();
        Trouble::Mistake(Mistake { place: String::new(), line: None, message, help: None })
    }
}

#[cfg(test)]
#[path = "shops/tests.rs"]
mod tests;
