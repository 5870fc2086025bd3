//! What operators see: logs and figures. Never a text, a number or a token of anybody.

pub mod figures;
pub mod logs;
pub mod notices;
