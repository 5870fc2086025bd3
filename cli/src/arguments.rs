//! What can be typed after `duka`. The help here is the first documentation that people read.

mod adapter;
mod dev;
mod dev_graph;
mod erase;
mod help;
mod operate;
mod orders;
mod report;
mod server;

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use adapter::{Adapter, AdapterCheck, AdapterCommand};
pub use dev::Dev;
pub use dev_graph::DevGraph;
pub use erase::{Erase, EraseCommand, Sends, SendsCommand};
pub use operate::{
    Backup, Conversations, ConversationsCommand, Diff, Doctor, FormsArguments, FormsCommand, Listing, OfShops,
    Quarantine, QuarantineCommand, Remote, Replay, Restore, Templates, TemplatesCommand,
};
pub use orders::{Orders, OrdersCommand};
pub use report::{Audit, Costs};
pub use server::{KeyScope, Keys, KeysCommand, Serve};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Write, check, test and try the conversations of a shop.
///
/// A shop is a folder: `shop.yaml`, one or more flows (`*.duka`), their tests (`*.test.duka`).
#[derive(Debug, Parser)]
#[command(
    name = "duka",
    version,
    styles = STYLES,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = "\
Begin here:
  duka new my-shop          a shop that works, to change into yours
  duka dev my-shop          run it here, and be its customer in the browser
  duka chat my-shop         talk to it here in the terminal
  duka check my-shop        what is wrong with it, and what to do
  duka test my-shop         play its conversation tests

Exit codes: 0 fine, 1 findings or failed tests, 2 the command could not be run."
)]
pub struct Arguments {
    /// When to use colours
    #[arg(
        long,
        alias = "color",
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub colour: Colour,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a shop from an example
    New(New),
    /// Find what is wrong with a shop, before a customer does
    Check(Check),
    /// Put flows into their canonical form
    Fmt(Fmt),
    /// Turn a flow into its other form: lines to YAML, YAML to lines
    Convert(Convert),
    /// Say what a rule is about, with an example
    Explain(Explain),
    /// Play the conversation tests of a shop
    Test(Test),
    /// Find the transitions that no test takes, and write a test for each
    Explore(Explore),
    /// Translate a shop: what is left, files to fill in
    Texts(Texts),
    /// Draw a flow
    Draw(Draw),
    /// Run the whole shop on this machine, and be its customer in the browser
    Dev(Dev),
    /// Be the customer: talk to a shop in the terminal
    Chat(Chat),
    /// Print the JSON Schema of a file format, for editors
    Schema(Schema),
    /// Print the completions of a shell
    Completions(Completions),
    /// Stand in for WhatsApp's Graph API, to develop and test against
    DevGraph(DevGraph),
    /// Serve shops on WhatsApp
    Serve(Serve),
    /// Make and end keys for the operator's API
    Keys(Keys),
    /// Try the way to a shop's own system
    Adapter(Adapter),
    /// Copy the server's database while it runs
    Backup(Backup),
    /// Put a copy of the database back, and do nothing in it twice
    Restore(Restore),
    /// Examine the set-up of a server: secrets, database, clock, WhatsApp's side
    Doctor(Doctor),
    /// What WhatsApp holds of a shop's templates: see it, note it, submit what is missing
    Templates(Templates),
    /// The forms of a shop at WhatsApp: see them, publish them, note what is published
    Forms(FormsArguments),
    /// Look at conversations on a server: where they stand, and why each message was sent
    Conversations(Conversations),
    /// Take a recorded conversation once more, with the flows that ran or with others
    Replay(Replay),
    /// What a change of the flows means for customers, and for those who are in the middle of a conversation
    Diff(Diff),
    /// What a server could not process: look at it, try it again, drop it
    Quarantine(Quarantine),
    /// Messages that wait for your word: look at them, send them after all, drop them
    Sends(Sends),
    /// Orders that conversations follow: how far they are, and news of them that was lost
    Orders(Orders),
    /// What the delivered messages of a shop cost, by month, market and category
    Costs(Costs),
    /// What was done of a shop by the server's API: whose key, what, when
    Audit(Audit),
    /// Erase a customer, or a whole shop, from a server
    Erase(Erase),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka new my-shop                                asks what it needs to know
  duka new my-shop --kind grocery --country NG --yes
  duka new my-shop --kind empty --country IN --fulfilment pickup --yes")]
pub struct New {
    /// The folder to make; its last part becomes the shop's name
    pub path: PathBuf,
    /// Which shop to start from
    #[arg(long)]
    pub kind: Option<Kind>,
    /// Where the shop is: KE, Kenya, NG, IN, AE, … Sets currency, languages and time zone
    #[arg(long, value_name = "COUNTRY")]
    pub country: Option<String>,
    /// Where products and orders live
    #[arg(long)]
    pub backend: Option<Backend>,
    /// How customers get what they bought
    #[arg(long)]
    pub fulfilment: Option<Fulfilment>,
    /// Ask nothing: take the defaults for what is not given
    #[arg(long, short)]
    pub yes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Clothes: variants, returns with a photo, a reminder of the saved bag
    Boutique,
    /// Food: weights, substitutions, delivery times, order again
    Grocery,
    /// Meals: a menu by time of day, extras, table or delivery
    Restaurant,
    /// A few lines that pass every check
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// A catalogue in a file, to try things out
    Demo,
    /// An HTTP API of your own
    Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fulfilment {
    Delivery,
    Pickup,
    Both,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka check                            the shop in this folder
  duka check shops/*                    several shops
  duka check my-shop --fix              mend what can be mended without asking
  duka check my-shop --write-baseline   keep today's warnings out of tomorrow's report
  duka check my-shop --format sarif > duka.sarif
  duka check my-shop --cost             how many messages WhatsApp charges for

Errors and policies fail the check; warnings do not, unless `--deny warnings`; info never does.
A policy may be waived where it does not apply, with a reason, in the line above:
  # duka: allow D701 because the entrance fee is fixed by law")]
pub struct Check {
    /// Shops (folders) or single flows
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// How to print what was found
    #[arg(long, default_value = "text")]
    pub format: Format,
    /// Make warnings fail the check as well
    #[arg(long, value_name = "WHAT")]
    pub deny: Option<Deny>,
    /// Mend what can be mended without changing what customers see
    #[arg(long)]
    pub fix: bool,
    /// Old findings to leave out [default: `duka.baseline` in the shop's folder]
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    pub baseline: Option<PathBuf>,
    /// Write today's warnings to the baseline; reasons already written there stay
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = ".")]
    pub write_baseline: Option<PathBuf>,
    /// The shop as it was, to tell what an edit cuts off
    #[arg(long, value_name = "DIR")]
    pub against: Option<PathBuf>,
    /// What WhatsApp holds of the templates [default: `templates.lock` in the shop's folder, see `duka templates pull`]
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Say how many messages a turn and an order cost on WhatsApp, by the rules of today or of a day (`--cost=2026-09-01`)
    #[arg(long, value_name = "DAY", num_args = 0..=1, require_equals = true, default_missing_value = "today")]
    pub cost: Option<String>,
    /// Show every finding, not only the first 20
    #[arg(long)]
    pub all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    Warnings,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka fmt my-shop            rewrite the files
  duka fmt my-shop --check    only show what would change; exit code 1 if anything would
  duka fmt --check --format json | jq -r '.changed[].path'")]
pub struct Fmt {
    /// Shops (folders) or single files
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; show the differences
    #[arg(long)]
    pub check: bool,
    /// How to print what was changed, or would be
    #[arg(long, default_value = "text")]
    pub format: Listing,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka convert my-shop/boutique.duka                       print its YAML form
  duka convert boutique.duka.yaml -o boutique.duka         and back; comments come along")]
pub struct Convert {
    /// A flow, `*.duka` or `*.duka.yaml`
    pub path: PathBuf,
    /// Write here instead of to the terminal
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka explain D502
  duka explain button-title-too-long
  duka explain list")]
pub struct Explain {
    /// A code, a name, or `list` for all rules
    pub rule: String,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka test my-shop
  duka test my-shop --filter swahili
  duka test my-shop --coverage --min transitions=90,silence=100")]
pub struct Test {
    /// Shops (folders) or single test files
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Say which transitions, guards, silences and failures the tests have seen
    #[arg(long)]
    pub coverage: bool,
    /// Fail below these percentages: `transitions=90,silence=100`
    #[arg(long, value_name = "GOALS")]
    pub min: Option<String>,
    /// Only tests whose title contains this
    #[arg(long, value_name = "WORDS")]
    pub filter: Option<String>,
    /// Chat, and write what happened as a test to this file
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// How to print the results
    #[arg(long, default_value = "text")]
    pub format: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka explore my-shop            what no test takes yet, as tests to read
  duka explore my-shop --write    keep them; then make them say what should happen: duka test my-shop
  duka explore my-shop --format json")]
pub struct Explore {
    /// A shop (folder) or a single flow
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Add the tests to `explored.test.duka` in the shop's folder; what stands there stays
    #[arg(long)]
    pub write: bool,
    /// How to print what was found
    #[arg(long, default_value = "text")]
    pub format: Listing,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka texts list my-shop          what has no translation, or one of an earlier text
  duka texts list --check          the same; exit code 1 if anything is left
  duka texts new sw my-shop        write it into `my_shop.sw.duka`, to be filled in
  duka texts lock my-shop          note in `texts.lock` that the translations fit today's texts")]
pub struct Texts {
    #[command(subcommand)]
    pub command: TextsCommand,
}

#[derive(Debug, Subcommand)]
pub enum TextsCommand {
    /// Show what is left to translate, by language
    List {
        /// A shop (folder) or a single flow
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Only this language, for example `sw`
        #[arg(long, visible_alias = "language", value_name = "TAG")]
        lang: Option<String>,
        /// Fail if anything is left to translate
        #[arg(long)]
        check: bool,
        /// How to print it
        #[arg(long, default_value = "text")]
        format: Listing,
    },
    /// Write what is left to translate into the texts files of a language; what is translated stays as it is
    New {
        /// The language, for example `sw`
        #[arg(value_name = "TAG")]
        lang: String,
        /// A shop (folder) or a single flow
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// Note what every translation was made from, so that a later change of a text is noticed (rule D802)
    Lock {
        /// A shop (folder)
        #[arg(default_value = ".")]
        path: PathBuf,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka draw my-shop -o my-shop.svg
  duka draw my-shop --format mermaid        for a Markdown page")]
pub struct Draw {
    /// A shop (folder) or a single flow
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// The kind of drawing [default: by the name of the output, else mermaid]
    #[arg(long)]
    pub format: Option<Drawing>,
    /// Which flow [default: the shop's main flow]
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Write here instead of to the terminal
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    Mermaid,
    Dot,
    Svg,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Type what a customer would type; the number or the words of a choice tap it. Lines that begin with `/` are yours:
  /wait 26 hours    let time pass
  /state            where the conversation is and what it remembers
  /undo             take back the last message
  /record FILE      keep this chat as a conversation test
  /help             the other ones

Without a terminal, each line of standard input is one message of the customer:
  printf 'hi\\n1\\n' | duka chat my-shop")]
pub struct Chat {
    /// A shop (folder) or a single flow
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Talk as on this channel
    #[arg(long, default_value = "whatsapp")]
    pub channel: Channel,
    /// The customer's language, for example `sw`
    #[arg(long, visible_alias = "language", value_name = "TAG")]
    pub lang: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Channel {
    Whatsapp,
    Messenger,
    Web,
    Console,
}

impl Channel {
    /// The name that flows and sessions use.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Whatsapp => "whatsapp",
            Channel::Messenger => "messenger",
            Channel::Web => "web",
            Channel::Console => "console",
        }
    }
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  duka schema                           what there is
  duka schema shop > shop.schema.json   then begin shop.yaml with
                                        # yaml-language-server: $schema=shop.schema.json")]
pub struct Schema {
    /// `flow`, `shop`, `contract`, `fixture`, `rest` or `server`; without it, the names
    pub name: Option<String>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  duka completions bash > ~/.local/share/bash-completion/completions/duka")]
pub struct Completions {
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn the_arguments_contradict_each_other_nowhere() {
        Arguments::command().debug_assert();
    }

    fn all(command: &clap::Command) -> Vec<&clap::Command> {
        std::iter::once(command).chain(command.get_subcommands().flat_map(all)).collect()
    }

    #[test]
    fn paragraphs_of_the_help_are_wrapped_by_the_terminal_alone() {
        for command in all(&Arguments::command()) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines: Vec<&str> = help.lines().collect();
            let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
            for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
                let is_broken = is_prose(line) && is_prose(next) && !line.ends_with(['.', ':']);
                assert!(!is_broken, "duka {}: a paragraph is one line: {line}", command.get_name());
            }
        }
    }
}
