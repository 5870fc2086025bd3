//! The shops of a folder, compiled, with the numbers they are live on. Serves nobody; a broken shop is told, not served.

mod live;
pub mod load;
mod source;

pub use live::Live;
pub use source::{Source, compile_kept, find, read};

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
}

impl Trouble {
    /// The next thing to try, as a sentence.
    pub fn help(&self) -> Option<&str> {
        match self {
            Trouble::Load(error) => error.help(),
            Trouble::Mistake(mistake) => mistake.help.as_deref(),
            Trouble::Broken(_) => None,
        }
    }

    /// Nothing can be said of the shop, or it must not speak: the server does not start with it.
    pub fn stops_the_start(&self) -> bool {
        match self {
            Trouble::Load(_) | Trouble::Mistake(_) => true,
            Trouble::Broken(_) => false,
        }
    }
}

#[cfg(test)]
#[path = "shops/tests.rs"]
mod tests;
