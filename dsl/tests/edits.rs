//! Edits for tools: what changes in the file, and nothing else.

use duka_dsl::FileId;
use duka_dsl::diagnostic::Edit;
use duka_dsl::edit::{self, Error};

const SHOP: &str = "\
duka 1
flow shop
  start welcome

anywhere
  else: Please tap. -> again

# The first thing a customer sees.
state welcome
  say hello: Karibu!
  ask:
    | How can we help?
    | We answer fast.
  button shop: Shop -> bag
  # Opens at nine.
  button other: Something else
    set n = 1
    say: Thank you for waiting.
    -> bag

state bag was basket
  if answers.welcome == shop -> welcome
  ask: Your bag
  row one: One | the first -> welcome
";

fn changed(edits: Result<Vec<Edit>, Error>) -> String {
    let edits = match edits {
        Ok(edits) => edits,
        Err(error) => return format!("error: {error}"),
    };
    let after = edit::apply(SHOP, &edits);
    let (before, after): (Vec<&str>, Vec<&str>) = (SHOP.lines().collect(), after.lines().collect());
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let tail = before[head..].iter().rev().zip(after[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let gone = before[head..before.len() - tail].iter().map(|line| format!("-{line}"));
    let new = after[head..after.len() - tail].iter().map(|line| format!("+{line}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}

fn set(key: &str, words: &str) -> String {
    changed(edit::set_text(FileId(0), SHOP, key, words))
}

#[test]
fn new_words_change_one_line() {
    assert_eq!(set("welcome.shop", "Our shop"), "-  button shop: Shop -> bag\n+  button shop: Our shop -> bag");
    assert_eq!(
        set("welcome.hello", "Hello {customer.first_name}"),
        "-  say hello: Karibu!\n+  say hello: Hello {customer.first_name}"
    );
    assert_eq!(set("anywhere.else", "Tap -> one"), "-  else: Please tap. -> again\n+  else: Tap \\-> one -> again");
    assert_eq!(set("welcome.other.say", "One moment."), "-    say: Thank you for waiting.\n+    say: One moment.");
    assert_eq!(
        set("bag.one.note", "the best"),
        "-  row one: One | the first -> welcome\n+  row one: One | the best -> welcome"
    );
}

#[test]
fn words_of_several_lines_stand_below() {
    assert_eq!(set("welcome.ask", "How can we help?\nWe answer now."), "-    | We answer fast.\n+    | We answer now.");
    assert_eq!(
        set("welcome.ask", "How can we help?"),
        "-  ask:\n-    | How can we help?\n-    | We answer fast.\n+  ask: How can we help?"
    );
    assert_eq!(set("bag.ask", "Your bag\nis *full*."), "-  ask: Your bag\n+  ask:\n+    | Your bag\n+    | is *full*.");
    assert_eq!(set("welcome.ask", "How can we help?\nWe answer fast.\nReally."), "+    | Really.");
    assert_eq!(set("welcome.ask", "How can we help?\nReally.\nWe answer fast."), "+    | Really.");
}

#[test]
fn words_that_can_not_be_read_are_refused() {
    assert_eq!(set("welcome.shop", "Pay {item.price"), "error: this can not be read: `Pay {item.price`");
    assert_eq!(set("welcome.shop", "Two\nlines"), "error: this can not be read: `Two\nlines`");
    assert_eq!(set("welcome.shoop", "x"), "error: there is no line `welcome.shoop`");
    assert_eq!(set("welcome", "x"), "error: `welcome` has no words that customers read");
}

#[test]
fn a_line_comes_below_what_belongs_to_the_line_above() {
    let insert = |key: &str, line: &str| changed(edit::insert_after(FileId(0), SHOP, key, line));
    assert_eq!(insert("welcome.shop", "button gift: A gift -> bag"), "+  button gift: A gift -> bag");
    assert_eq!(insert("welcome.other", "quiet 1 day -> end"), "+  quiet 1 day -> end");
    assert_eq!(insert("welcome", "image: {item.photo}"), "+  image: {item.photo}");
    assert_eq!(insert("welcome.shop", "buton gift"), "error: this can not be read: `buton gift`");
}

#[test]
fn a_line_goes_with_its_comments_and_what_belongs_to_it() {
    let remove = |key: &str| changed(edit::remove(FileId(0), SHOP, key));
    assert_eq!(remove("welcome.shop"), "-  button shop: Shop -> bag");
    assert_eq!(remove("welcome.ask").lines().count(), 3);
    assert_eq!(
        remove("welcome.other"),
        "-  # Opens at nine.\n-  button other: Something else\n-    set n = 1\n-    say: Thank you for waiting.\n-    -> bag"
    );
    assert!(remove("welcome").starts_with("-# The first thing a customer sees.\n-state welcome"));
}

#[test]
fn a_state_is_renamed_wherever_it_is_named() {
    let edits = edit::rename_state(FileId(0), SHOP, "welcome", "hello").expect("it is there");
    let after = edit::apply(SHOP, &edits);
    for line in [
        "  start hello",
        "state hello was welcome",
        "  if answers.hello == shop -> hello",
        "  row one: One | the first -> hello",
    ] {
        assert!(after.lines().any(|found| found == line), "{line}\n{after}");
    }
    let edits = edit::rename_state(FileId(0), SHOP, "bag", "cart").expect("it is there");
    let after = edit::apply(SHOP, &edits);
    assert!(after.contains("state cart was basket, bag\n") && !after.contains("-> bag"), "{after}");
    assert_eq!(edit::rename_state(FileId(0), SHOP, "bag", "welcome"), Err(Error::Taken("welcome".to_string())));
    assert_eq!(edit::rename_state(FileId(0), SHOP, "bag", "The Bag"), Err(Error::NotAName("The Bag".to_string())));
}
