//! What the lints look at: the resolved shop, its files as written, and what its profile says.

use duka_dsl::FileId;
use duka_dsl::ast::FlowFile;

use super::settings::Settings;
use crate::compile::{Compiled, Uncanonical};
use crate::graph::Graph;
use crate::hir::{DestKind, Flow, FlowId, LanguageId, Shop, Step, TextBlock, TextId, Trigger};
use crate::limits::{Channel, WHATSAPP};
use crate::source::ShopSource;
use crate::walk::{self, small};

pub(super) struct Context<'a> {
    pub shop: &'a Shop,
    pub files: &'a [(FileId, FlowFile)],
    /// Where files differ from how the formatter writes them.
    pub uncanonical: &'a [Uncanonical],
    pub source: &'a ShopSource,
    pub settings: &'a Settings,
    /// The channels the shop is on.
    pub channels: Vec<&'static Channel>,
    /// Of the flows that are checked.
    pub graphs: Vec<Graph<'a>>,
}

impl<'a> Context<'a> {
    pub fn new(shop: &'a Shop, compiled: &'a Compiled, source: &'a ShopSource, settings: &'a Settings) -> Context<'a> {
        let all = settings.standard || shop.flows.iter().all(|flow| flow.standard);
        let checked = shop.flows.iter().enumerate().filter(|(_, flow)| all || !flow.standard);
        let graphs = checked.filter_map(|(index, _)| Graph::new(shop, FlowId(small(index)))).collect();
        let mut channels: Vec<&Channel> = settings.channels.iter().filter_map(|name| Channel::named(name)).collect();
        if channels.is_empty() {
            channels.push(&WHATSAPP);
        }
        Context { shop, files: &compiled.files, uncanonical: &compiled.uncanonical, source, settings, channels, graphs }
    }

    /// The flows that are checked.
    pub fn flows(&self) -> impl Iterator<Item = &'a Flow> {
        self.graphs.iter().map(|graph| graph.flow)
    }

    /// Whether findings about a file, by its position, are the merchant's.
    pub fn is_checked(&self, file: usize) -> bool {
        self.settings.standard || file < self.source.standard_from
    }

    /// Whether the shop is on a channel.
    pub fn is_on(&self, channel: &str) -> bool {
        self.channels.iter().any(|known| known.name == channel)
    }

    /// The tightest of a limit over the shop's channels, and whose it is.
    pub fn tightest(&self, limit: impl Fn(&Channel) -> usize) -> (usize, &'static str) {
        let limits = self.channels.iter().map(|channel| (limit(channel), channel.title));
        limits.min_by_key(|(limit, _)| *limit).unwrap_or((usize::MAX, "the channel"))
    }

    /// A text in every language it is written in, with the language's name.
    pub fn languages(&self, flow: &'a Flow, text: TextId) -> Vec<(LanguageId, &'a str, &'a TextBlock)> {
        let entry = flow.texts.get(text.index());
        let blocks = entry.into_iter().flat_map(|entry| entry.languages.iter().enumerate());
        blocks
            .filter_map(|(index, block)| {
                let name = self.shop.languages.get(index).map_or("", |name| name.as_str());
                block.as_ref().map(|block| (LanguageId(small(index)), name, block))
            })
            .collect()
    }

    /// Whether some reaction of `anywhere` counts for a flow: its own, or one of those that visit it, outward.
    pub fn outer(&self, flow: FlowId, wanted: &dyn Fn(&Trigger) -> bool) -> bool {
        let mut seen = vec![false; self.shop.flows.len()];
        self.outer_from(flow, wanted, &mut seen)
    }

    fn outer_from(&self, id: FlowId, wanted: &dyn Fn(&Trigger) -> bool, seen: &mut [bool]) -> bool {
        match seen.get_mut(id.index()) {
            Some(seen) if !*seen => *seen = true,
            Some(_) | None => return true,
        }
        let Some(flow) = self.shop.flows.get(id.index()) else { return true };
        if flow.anywhere.iter().any(|reaction| wanted(&reaction.trigger)) {
            return true;
        }
        let mut callers = self.callers(id).into_iter();
        // A sub-flow that nobody visits yet, such as a standard flow checked for itself, leaves it to its callers.
        match callers.len() {
            0 => returns(flow),
            _ => callers.all(|caller| self.outer_from(caller, wanted, seen)),
        }
    }

    /// The flows that visit a flow.
    fn callers(&self, id: FlowId) -> Vec<FlowId> {
        let flows = self.shop.flows.iter().enumerate();
        flows.filter(|(_, flow)| visits(flow, id)).map(|(index, _)| FlowId(small(index))).collect()
    }
}

/// Whether a flow has a `-> return`.
pub(super) fn returns(flow: &Flow) -> bool {
    dests(flow).any(|dest| *dest == DestKind::Return)
}

/// Whether a flow visits another.
pub(super) fn visits(flow: &Flow, id: FlowId) -> bool {
    dests(flow).any(|dest| matches!(dest, DestKind::Visit { flow, .. } if *flow == id))
}

/// All arrows of a flow.
pub(super) fn dests(flow: &Flow) -> impl Iterator<Item = &DestKind> {
    walk::lines(flow).into_iter().flat_map(|lines| lines.steps).filter_map(Step::dest).map(|dest| &dest.kind)
}
