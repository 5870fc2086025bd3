//! The lines of a flow as values: what each line says, with spans, whichever form it was written in.
//!
//! A [`Document`] is the flat list of lines in file order, with comments; formatter, converter and edits work on it.
//! A [`FlowFile`] is the same lines owned by their blocks; the engine works on it. Equality ignores spans.

mod beside;
mod flow;
mod line;
mod part;
mod text;

pub use beside::{Test, TestFile, TestLine, TestLineKind, TextsEntry, TextsFile};
pub use flow::{
    Consent, Experiment, Field, FlowFile, Follow, FormBlock, Group, Phrase, Reaction, State, Step, StepKind, Template,
    Trigger, Waiver, WordSet,
};
pub use line::{Comment, Document, Form, Line, LineKind, Memory};
pub use part::{
    Atom, Category, Dest, DestKind, Duration, Expr, Guard, Literal, LiteralKind, MediaKind, Path, Plural, Target, Time,
    TypeExpr, Unit,
};
pub use text::{Segment, Text, TextBlock, TextPiece};
