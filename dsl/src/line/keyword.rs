//! The words that begin a line, and how a line with each of them is written. Holds facts only; nothing is read here.

use super::grammar::Rule;

/// What a line with a keyword is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Header,
    Block,
    Item,
    Entry,
    Reaction,
}

macro_rules! keywords {
    ($($variant:ident $word:literal $class:ident $rule:ident $usage:literal;)*) => {
        /// The first word of a line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Keyword { $($variant),* }

        impl Keyword {
            pub(crate) const ALL: &[Keyword] = &[$(Keyword::$variant),*];

            pub(crate) fn of(word: &str) -> Option<Keyword> {
                match word { $($word => Some(Keyword::$variant),)* _ => None }
            }

            pub(crate) fn word(self) -> &'static str {
                match self { $(Keyword::$variant => $word),* }
            }

            pub(crate) fn class(self) -> Class {
                match self { $(Keyword::$variant => Class::$class),* }
            }

            pub(crate) fn rule(self) -> Rule {
                match self { $(Keyword::$variant => Rule::$rule),* }
            }

            /// The line as the language reference writes it.
            pub(crate) fn usage(self) -> &'static str {
                match self { $(Keyword::$variant => $usage),* }
            }
        }
    };
}

keywords! {
    Duka "duka" Header duka_line "duka 1";
    Flow "flow" Header flow_line "flow my_shop";
    Start "start" Header start_line "start welcome";
    Languages "languages" Header languages_line "languages en, sw";
    Currency "currency" Header currency_line "currency KES";
    Timezone "timezone" Header timezone_line "timezone Africa/Nairobi";
    Takes "takes" Header takes_line "takes item: product";
    Gives "gives" Header gives_line "gives place";
    Use "use" Header use_line "use std.handoff";
    Rules "rules" Block bare_line "rules";
    Remember "remember" Block remember_line "remember";
    Words "words" Block bare_line "words";
    Consent "consent" Block consent_line "consent offers: News about new arrivals";
    Experiment "experiment" Block experiment_line "experiment greeting: warm, short";
    Phrase "phrase" Block phrase_line "phrase items(count)";
    Form "form" Block named_line "form delivery_details";
    Anywhere "anywhere" Block bare_line "anywhere";
    Group "group" Block named_line "group checkout";
    Follow "follow" Block named_line "follow order";
    State "state" Block state_line "state welcome";
    Template "template" Block template_line "template receipt utility";
    Field "field" Item field_line "field street text: Street and building";
    Title "title" Item text_line "title: Delivery details";
    Submit "submit" Item text_line "submit: Save";
    Body "body" Item text_line "body: Your order {order.number} is paid.";
    Sample "sample" Item sample_line "sample order.number = Z-1042";
    Say "say" Entry speech_line "say: Thank you!";
    Reply "reply" Entry speech_line "reply: Yes, we have it in green.";
    Ask "ask" Entry speech_line "ask: How can we help?";
    Image "image" Entry media_line "image: {item.photo}";
    Video "video" Entry media_line "video: {item.video}";
    Audio "audio" Entry media_line "audio: {item.audio}";
    Document "document" Entry media_line "document: {order.invoice}";
    List "list" Entry text_line "list: See products";
    Cards "cards" Entry text_line "cards: See it";
    Section "section" Entry text_line "section: Dresses";
    Footer "footer" Entry text_line "footer: Send STOP at any time";
    Alert "alert" Entry text_line "alert: Please look at order {order.number}";
    Link "link" Entry link_line "link pay: Pay securely -> {payment.url}";
    Show "show" Entry show_line "show item";
    Emoji "emoji" Entry text_line "emoji: 👍";
    Call "call" Entry call_line "call products = catalog.featured() else -> sorry";
    Do "do" Entry do_line "do cart.add(item, 1) else -> sorry";
    Set "set" Entry set_line "set quantity = 1";
    Send "send" Entry send_line "send receipt";
    If "if" Entry if_line "if cart.is_empty -> bag_empty";
    Each "each" Entry each_line "each line in cart.lines: {line.name}";
    Button "button" Reaction button_line "button shop: Shop -> categories";
    Row "row" Reaction row_line "row shop: Shop | All our dresses -> categories";
    Pick "pick" Reaction pick_line "pick item from products: {item.name} | {item.price} -> product";
    Answer "answer" Reaction answer_line "answer quantity from 1 to 10 -> add";
    Fill "fill" Reaction fill_line "fill delivery_details into details -> zone";
    Hears "hears" Reaction hears_line "hears menu -> welcome";
    On "on" Reaction on_line "on payment.paid -> thanks";
    After "after" Reaction timer_line "after 30 minutes -> pay_expired";
    Quiet "quiet" Reaction timer_line "quiet 23 hours -> end";
    Else "else" Reaction else_line "else: Please tap one of the choices. -> again";
    Failed "failed" Reaction bare_react "failed -> sorry";
    Lost "lost" Reaction bare_react "lost -> welcome";
}

impl Keyword {
    /// Whether a value in `rules`, `remember` or `words` may not have this name.
    pub(crate) fn is_reserved_name(self) -> bool {
        match self.class() {
            Class::Header | Class::Item => false,
            Class::Block | Class::Entry | Class::Reaction => true,
        }
    }

    /// Whether the words of such a line come after a colon.
    pub(crate) fn takes_colon(self) -> bool {
        self.usage().contains(':')
    }
}
