//! What the suites that cross crates share. Holds no tests itself.

pub mod catalogue;
pub mod costly;
pub mod generate;
pub mod port;
pub mod random;
pub mod shops;
pub mod survive;
pub mod tree;
pub mod turn;
