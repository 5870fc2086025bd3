//! `--min transitions=90,silence=100`: what coverage must reach.

use super::coverage::{Figure, KINDS};
use crate::failure::Failure;

/// Kinds of coverage with the least percentage.
#[derive(Debug, PartialEq, Eq)]
pub struct Goals(Vec<(String, usize)>);

impl Goals {
    pub fn parse(text: &str) -> Result<Goals, Failure> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let goals = parts.map(|part| {
            let (kind, percent) = part.split_once('=').unwrap_or((part, ""));
            let percent: Option<usize> =
                percent.trim_end_matches('%').trim().parse().ok().filter(|percent| *percent <= 100);
            match (KINDS.contains(&kind.trim()), percent) {
                (true, Some(percent)) => Ok((kind.trim().to_string(), percent)),
                (_, _) => Err(Failure::usage_with_help(
                    format!("`{part}` is not a goal"),
                    format!("Goals are written like `transitions=90`; there are {}.", KINDS.join(", ")),
                )),
            }
        });
        Ok(Goals(goals.collect::<Result<_, _>>()?))
    }

    /// The goals that are not reached, in words.
    pub fn missed(&self, figures: &[Figure]) -> Vec<String> {
        let missed = self.0.iter().filter_map(|(kind, least)| {
            let figure = figures.iter().find(|figure| figure.kind == kind)?;
            let percent = figure.share.percent();
            (percent < *least).then(|| format!("{kind} {percent} %, wanted {least} %"))
        });
        missed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Goals;

    #[test]
    fn goals_are_named_percentages() {
        assert!(Goals::parse("transitions=90, silence=100").is_ok_and(|goals| goals.0.len() == 2));
        assert!(Goals::parse("").is_ok_and(|goals| goals.0.is_empty()));
        for wrong in ["transitions", "transitions=101", "sales=10", "transitions=many"] {
            assert!(Goals::parse(wrong).is_err(), "{wrong}");
        }
    }
}
