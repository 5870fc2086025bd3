//! Findings that are known and left out of the report, kept in a file beside the shop. They are recognised by rule, file
//! and source line, so they survive edits elsewhere. Errors are never left out, policies only with a reason.

use std::fmt::Write;
use std::path::Path;

use duka_engine::rules::Level;

use crate::failure::Failure;
use crate::report::{Finding, Report, SetAside};

/// The baseline that is read when no other is named.
pub const FILE: &str = "duka.baseline";
const NO_REASON: &str = "not looked at yet";
const HEADING: &str = "\
# Findings that `duka check` leaves out. Say after `because` why each may stay.
# A finding comes back when its line changes.
";

/// The entries of a baseline file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    code: String,
    file: String,
    line: String,
    reason: String,
}

impl Entry {
    fn is_same(&self, other: &Entry) -> bool {
        (&self.code, &self.file, &self.line) == (&other.code, &other.file, &other.line)
    }
}

impl Baseline {
    /// The file's entries; none if there is no such file.
    pub fn read(path: &Path) -> Result<Baseline, Failure> {
        match std::fs::read_to_string(path) {
            Ok(text) => Baseline::parse(&text).map_err(|line| {
                Failure::usage_with_help(
                    format!("`{}`, line {line}: this is not an entry of a baseline", path.display()),
                    "Write it anew with `duka check --write-baseline`.",
                )
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Baseline::default()),
            Err(error) => Err(Failure::reading(path, error)),
        }
    }

    /// Today's findings that may be left out; reasons that `old` gives stay.
    pub fn of(report: &Report, old: &Baseline) -> Baseline {
        let mut entries: Vec<Entry> = Vec::new();
        for finding in report.open().filter(|finding| finding.level != Level::Error) {
            let mut entry = entry(report, finding);
            if let Some(known) = old.entries.iter().find(|known| known.is_same(&entry)) {
                entry.reason.clone_from(&known.reason);
            }
            if !entries.iter().any(|other| other.is_same(&entry)) {
                entries.push(entry);
            }
        }
        Baseline { entries }
    }

    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        std::fs::write(path, self.render()).map_err(|error| Failure::writing(path, error))
    }

    /// Marks the findings that the baseline leaves out, and counts the entries that nothing needs any more.
    pub fn set_aside(&self, report: &mut Report) {
        if self.entries.is_empty() {
            return;
        }
        let found: Vec<Entry> = report.findings.iter().map(|finding| entry(report, finding)).collect();
        report.settled = self.entries.iter().filter(|known| !found.iter().any(|entry| entry.is_same(known))).count();
        let reasons: Vec<Option<String>> = report.findings.iter().map(|finding| self.reason(report, finding)).collect();
        for (finding, reason) in report.findings.iter_mut().zip(reasons) {
            if let (None, Some(reason)) = (&finding.set_aside, reason) {
                finding.set_aside = Some(SetAside::Baseline(reason));
            }
        }
    }

    fn reason(&self, report: &Report, finding: &Finding) -> Option<String> {
        let wanted = entry(report, finding);
        let known = self.entries.iter().find(|known| known.is_same(&wanted))?;
        let may_stay = match finding.level {
            Level::Error => false,
            Level::Policy => known.reason != NO_REASON && !known.reason.is_empty(),
            Level::Warning | Level::Info | Level::Off => true,
        };
        may_stay.then(|| known.reason.clone())
    }

    fn render(&self) -> String {
        let mut out = HEADING.to_string();
        for Entry { code, file, line, reason } in &self.entries {
            let _ = write!(out, "\n{code} {file}\n  line: {line}\n  because: {reason}\n");
        }
        out
    }

    /// The entries, or the number of the first line that is none.
    fn parse(text: &str) -> Result<Baseline, usize> {
        let mut entries: Vec<Entry> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') && !line.starts_with(' ') {
                continue;
            }
            let last = entries.last_mut();
            if let (Some(words), Some(entry)) = (trimmed.strip_prefix("line:"), last) {
                entry.line = words.trim().to_string();
            } else if let (Some(words), Some(entry)) = (trimmed.strip_prefix("because:"), entries.last_mut()) {
                entry.reason = words.trim().to_string();
            } else if let (Some((code, file)), true) = (trimmed.split_once(' '), trimmed.starts_with('D')) {
                let (code, file) = (code.to_string(), file.trim().to_string());
                entries.push(Entry { code, file, line: String::new(), reason: String::new() });
            } else {
                return Err(number + 1);
            }
        }
        Ok(Baseline { entries })
    }
}

/// The entry that stands for a finding, without a reason.
fn entry(report: &Report, finding: &Finding) -> Entry {
    let span = finding.diagnostic.span;
    let text = report.shop.text_of(span.file);
    let start = (span.start as usize).min(text.len());
    let first = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    Entry {
        code: finding.diagnostic.code.to_string(),
        file: report.shop.source.files.get(usize::from(span.file.0)).map(|file| file.path.clone()).unwrap_or_default(),
        line: text.get(first..).and_then(|rest| rest.lines().next()).unwrap_or("").trim().to_string(),
        reason: NO_REASON.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Baseline, Entry};

    #[test]
    fn what_is_written_is_read() {
        let entry = Entry {
            code: "D216".to_string(),
            file: "boutique.duka".to_string(),
            line: "# odd: line".to_string(),
            reason: "six taps are what it takes".to_string(),
        };
        let baseline = Baseline { entries: vec![entry] };
        assert_eq!(Baseline::parse(&baseline.render()), Ok(baseline));
        assert_eq!(Baseline::parse("D216 a.duka\nnonsense"), Err(2));
    }
}
