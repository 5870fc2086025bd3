//! `duka chat`: you are the customer. Runs the simulator; sends nothing anywhere.

mod input;
mod show;
mod values;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use duka_engine::event::{Inbound, ReplyId};
use duka_engine::outbound::{Choices, FormField, Outbound};
use duka_engine::simulate::explore::{self, FoundTest};
use duka_engine::simulate::{Input, LogKind, Simulator, test};
use duka_engine::trace::Trace;

use crate::arguments::Chat;
use crate::failure::{Failure, Outcome};
use crate::playable::{self, Playable};
use crate::terminal::{self, paint};
use input::{Own, Typed};

/// How a chat is held.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    pub channel: Option<&'static str>,
    pub language: Option<String>,
    /// Where the chat is written as a test when it ends.
    pub record: Option<PathBuf>,
}

pub fn run(arguments: &Chat) -> Result<Outcome, Failure> {
    let Some(playable) = playable::open(&arguments.path)? else { return Ok(Outcome::Findings) };
    let spoken: Vec<&str> = playable.program.shop.languages.iter().map(|tag| tag.as_str()).collect();
    if let Some(language) = arguments.lang.as_deref().filter(|language| !spoken.contains(language)) {
        return Err(Failure::usage_with_help(
            format!("the shop does not speak `{language}`"),
            format!("It speaks {}.", spoken.join(", ")),
        ));
    }
    let manner = Manner { channel: Some(arguments.channel.name()), language: arguments.lang.clone(), record: None };
    talk(&playable, manner)
}

/// Reads lines until the input ends, and shows what the shop answers.
pub fn talk(playable: &Playable, manner: Manner) -> Result<Outcome, Failure> {
    let mut talk = Talk {
        playable,
        simulator: playable.simulator(),
        shown: 0,
        ran: 0,
        filling: None,
        lively: terminal::is_interactive(),
        out: anstream::stdout(),
    };
    if let Some(channel) = manner.channel {
        talk.simulator.session.channel = channel.into();
    }
    if let Some(language) = &manner.language {
        talk.test_line(&format!("given language is {language}"))?;
    }
    talk.greet()?;
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        talk.prompt()?;
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        if !talk.take(text.trim_end_matches(['\n', '\r']))? {
            break;
        }
    }
    if let Some(file) = &manner.record {
        talk.record(file)?;
    }
    Ok(Outcome::Fine)
}

struct Talk<'a> {
    playable: &'a Playable,
    simulator: Simulator,
    /// How much of the log has been shown.
    shown: usize,
    /// How many steps had run before the last line was typed.
    ran: usize,
    filling: Option<Filling>,
    /// Somebody sits at a terminal.
    lively: bool,
    out: anstream::AutoStream<std::io::Stdout>,
}

/// A form that is being filled in, field by field.
struct Filling {
    form: smol_str::SmolStr,
    fields: Vec<FormField>,
    id: ReplyId,
    answers: Vec<(smol_str::SmolStr, smol_str::SmolStr)>,
}

impl Talk<'_> {
    fn greet(&mut self) -> Result<(), Failure> {
        if self.lively {
            let profile = &self.playable.program.shop.profile;
            let line = format!("{} on {}", profile.name, self.simulator.session.channel);
            writeln!(self.out, "{}", paint(terminal::STRONG, line))?;
            writeln!(
                self.out,
                "{}\n",
                paint(terminal::FAINT, "You are the customer. /help says what else can be typed.")
            )?;
        }
        Ok(())
    }

    fn prompt(&mut self) -> Result<(), Failure> {
        if self.lively {
            let asked = self.filling.as_ref().and_then(Filling::next).map(|field| format!("{}: ", field.label));
            write!(self.out, "{} ", paint(terminal::CUSTOMER, asked.as_deref().unwrap_or("you ›")))?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// Takes one typed line; `false` ends the chat.
    fn take(&mut self, line: &str) -> Result<bool, Failure> {
        let typed = input::read(line);
        if matches!(typed, Typed::Words(_) | Typed::TestLine(_)) {
            self.ran = self.simulator.traces.len();
        }
        match typed {
            Typed::Nothing if self.filling.is_none() => {}
            Typed::Nothing => self.fill("")?,
            Typed::Words(words) if self.filling.is_some() => self.fill(words)?,
            Typed::Words(words) => {
                let input = Input::Customer(Inbound::Text(words.into()));
                self.simulator.put(&format!("customer: {words}"), input);
                self.show()?;
            }
            Typed::Own(Own::Quit) => return Ok(false),
            Typed::Own(Own::Help) => self.out.write_all(input::HELP.as_bytes())?,
            Typed::Own(Own::State) => {
                let shown = values::state(&self.playable.program, &self.simulator);
                self.out.write_all(shown.as_bytes())?;
            }
            Typed::Own(Own::Why) => {
                let shown = values::why(&self.playable.shop, &self.playable.program, self.just_ran());
                self.out.write_all(shown.as_bytes())?;
            }
            Typed::Own(Own::Undo) => self.undo()?,
            Typed::Own(Own::Record(file)) => self.keep(Path::new(file))?,
            Typed::TestLine(line) => {
                self.filling = None;
                let before = self.simulator.log.len();
                self.test_line(&line)?;
                self.show()?;
                if line.starts_with("wait ") || line.starts_with("event ") {
                    self.tell_silence(before)?;
                }
            }
            Typed::Wrong(message) => self.complain(&message)?,
        }
        Ok(true)
    }

    /// One line of the language of tests, as if it stood in a test file.
    fn test_line(&mut self, line: &str) -> Result<(), Failure> {
        let (file, problems) = input::parse_test_line(line);
        if let Some(problem) = problems.first() {
            let help = problem.help.as_deref().unwrap_or("");
            return self.complain(&format!("{} {help}", problem.message));
        }
        for line in file.tests.iter().flat_map(|test| &test.lines) {
            if let Err(failure) = test::run_line(&mut self.simulator, line) {
                let nearest = failure.nearest.map(|nearest| format!(" ({nearest})")).unwrap_or_default();
                self.complain(&format!("{}{nearest}", failure.expected))?;
            }
        }
        Ok(())
    }

    fn undo(&mut self) -> Result<(), Failure> {
        self.filling = None;
        let done = self.simulator.undo();
        self.shown = self.simulator.log.len();
        let line = if done { "The last line is taken back." } else { "There is nothing to take back." };
        Ok(writeln!(self.out, "{}", paint(terminal::FAINT, line))?)
    }

    fn fill(&mut self, answer: &str) -> Result<(), Failure> {
        let Some(filling) = &mut self.filling else { return Ok(()) };
        let Some(field) = filling.next() else { return Ok(()) };
        if answer.is_empty() && !field.optional {
            return self.complain("This one is needed.");
        }
        let name = field.name.clone();
        filling.answers.push((name, answer.into()));
        if filling.next().is_some() {
            return Ok(());
        }
        if let Some(Filling { form, answers, id, .. }) = self.filling.take() {
            let fields: Vec<_> = answers.into_iter().filter(|(_, answer)| !answer.is_empty()).collect();
            let written: Vec<String> = fields.iter().map(|(name, answer)| format!("{name} = {answer}")).collect();
            let line = format!("fill {}", written.join("; "));
            self.simulator.put(&line, Input::Customer(Inbound::Form { form, fields, id: Some(id) }));
        }
        self.show()
    }

    /// Shows what has happened since the last time.
    fn show(&mut self) -> Result<(), Failure> {
        let entries = self.simulator.log.get(self.shown..).unwrap_or(&[]).to_vec();
        self.shown = self.simulator.log.len();
        for entry in &entries {
            let shown = show::entry(&entry.kind, self.lively);
            self.out.write_all(shown.as_bytes())?;
            if let LogKind::Sent(Outbound::Message(message)) = &entry.kind
                && let Choices::Form { form, fields, id, .. } = &message.choices
            {
                let (form, fields, id) = (form.clone(), fields.clone(), id.clone());
                self.filling = Some(Filling { form, fields, id, answers: Vec::new() });
            }
        }
        if self.lively {
            writeln!(self.out)?;
        }
        Ok(self.out.flush()?)
    }

    /// The steps since the last line was typed; after an `/undo`, the last one.
    fn just_ran(&self) -> &[Trace] {
        let traces = &self.simulator.traces;
        traces.get(self.ran.min(traces.len().saturating_sub(1))..).unwrap_or(&[])
    }

    /// Time and news may pass without a word: then it says where the conversation is.
    fn tell_silence(&mut self, before: usize) -> Result<(), Failure> {
        let since = self.simulator.log.get(before..).unwrap_or(&[]);
        if since.is_empty() || since.iter().any(|entry| matches!(entry.kind, LogKind::Sent(_))) {
            return Ok(());
        }
        let line = match self.simulator.state_name() {
            name if name == "end" => "Nothing is said. The conversation has ended.".to_string(),
            name => format!("Nothing is said. The conversation is in `{name}`."),
        };
        Ok(writeln!(self.out, "{}", paint(terminal::FAINT, line))?)
    }

    fn complain(&mut self, message: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", paint(terminal::BAD, message.trim()))?)
    }

    /// The same as [`Talk::record`]; a file that can not be written does not end the chat.
    fn keep(&mut self, file: &Path) -> Result<(), Failure> {
        match self.record(file) {
            Err(Failure::Output(error)) => Err(Failure::Output(error)),
            Err(failure) => self.complain(&format!("{failure}. {}", failure.help().unwrap_or_default())),
            Ok(()) => Ok(()),
        }
    }

    /// Adds the chat so far to a file of tests.
    fn record(&mut self, file: &Path) -> Result<(), Failure> {
        may_hold_tests(file)?;
        let first = self.simulator.log.iter().find_map(|entry| match &entry.kind {
            LogKind::Input(line) => line.strip_prefix("customer: ").map(str::to_string),
            LogKind::Sent(_) | LogKind::Called(..) | LogKind::Other(_) => None,
        });
        let title = format!("a customer says {}", first.as_deref().unwrap_or("nothing"));
        let found = [FoundTest { title, lines: explore::record(&self.simulator) }];
        self.playable.keep(&found, file)?;
        Ok(writeln!(self.out, "{}", paint(terminal::FAINT, format!("Kept as a test in {}.", file.display())))?)
    }
}

/// Refuses to add a test to a file of another kind.
pub fn may_hold_tests(file: &Path) -> Result<(), Failure> {
    if file.to_string_lossy().ends_with(".test.duka") {
        return Ok(());
    }
    Err(Failure::usage_with_help(
        format!("`{}` is not the name of a file of tests", file.display()),
        "Their names end in `.test.duka`: `my-shop/chat.test.duka`.",
    ))
}

impl Filling {
    fn next(&self) -> Option<&FormField> {
        self.fields.get(self.answers.len())
    }
}
