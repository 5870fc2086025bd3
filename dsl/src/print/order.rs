//! The canonical order of blocks: header, declarations, `anywhere`, then groups and states as their author ordered them,
//! then what runs beside them.

use crate::ast::{Line, LineKind};
use crate::ownership::{Role, role};

/// The lines in canonical order. Lines of one block stay together, and equal blocks stay in the author's order.
pub(crate) fn canonical(lines: &[Line]) -> Vec<&Line> {
    let mut ordered: Vec<&Line> = lines.iter().collect();
    if lines.iter().any(|line| matches!(line.kind, LineKind::Broken(_))) {
        return ordered;
    }
    let mut rank = 0;
    let mut in_header = true;
    let mut ranks: Vec<u8> = Vec::with_capacity(lines.len());
    for line in lines {
        match role(&line.kind) {
            Role::Opener => {
                in_header = false;
                rank = block(&line.kind);
            }
            Role::Header if in_header => rank = header(&line.kind),
            Role::Header | Role::Item | Role::Step | Role::Section | Role::More | Role::Reaction | Role::Broken => {}
        }
        ranks.push(rank);
    }
    if ranks.is_sorted() {
        return ordered;
    }
    let mut keyed: Vec<(u8, &Line)> = ranks.into_iter().zip(ordered).collect();
    keyed.sort_by_key(|(rank, _)| *rank);
    ordered = keyed.into_iter().map(|(_, line)| line).collect();
    ordered
}

fn header(kind: &LineKind) -> u8 {
    match kind {
        LineKind::Duka(_) => 0,
        LineKind::Flow(_) => 1,
        LineKind::Start(_) => 2,
        LineKind::Languages(_) => 3,
        LineKind::Currency(_) => 4,
        LineKind::Timezone(_) => 5,
        LineKind::Takes(..) => 6,
        LineKind::Gives(_) => 7,
        _ => 8,
    }
}

fn block(kind: &LineKind) -> u8 {
    match kind {
        LineKind::Rules => 10,
        LineKind::Remember { customer: false } => 11,
        LineKind::Remember { customer: true } => 12,
        LineKind::Words => 13,
        LineKind::Consent { .. } => 14,
        LineKind::Phrase { .. } => 15,
        LineKind::Form(_) => 16,
        LineKind::Experiment { .. } => 17,
        LineKind::Anywhere => 18,
        LineKind::Follow(_) => 20,
        LineKind::Template { .. } => 21,
        _ => 19,
    }
}
