//! Colours, and whether there is anybody to see them. Decides nothing else.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use crate::arguments::Colour;

pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const STRONG: Style = Style::new().bold();
pub const FAINT: Style = Style::new().dimmed();
pub const CUSTOMER: Style = AnsiColor::Cyan.on_default();

/// `--colour`; without it anstream looks at the terminal, `NO_COLOR` and `CLICOLOR`.
pub fn set_colour(colour: Colour) {
    match colour {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Whether a person is typing and reading.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// `text` in `style`; where colours are not shown, the stream takes them out again.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
