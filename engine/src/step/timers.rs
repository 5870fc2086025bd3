//! Time: silence, delays and deadlines as absolute times, and one wake-up for the earliest (language.md 2.9).

use super::machine::{Machine, Scope};
use super::select::Level;
use crate::effect::EffectKind;
use crate::event::Outcome;
use crate::hir::{EventName, Trigger};

/// `window.closing` comes an hour before the 24 hours after the customer's last message are over.
const WINDOW_CLOSING_MS: i64 = 23 * 3_600_000;

/// Timers that one wake-up may fire.
const MOST_TIMERS: usize = 64;

/// Reactions with timers beyond this share their mark.
const MARKS: u32 = 31;

#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub at_ms: i64,
    what: DueWhat,
}

#[derive(Clone, Copy, Debug)]
enum DueWhat {
    Deadline,
    FollowerDeadline(usize),
    Reaction { level: Level, reaction: usize, mark: u32, quiet: bool },
}

impl Machine<'_> {
    /// Fires what is due, the earliest first.
    pub fn wake(&mut self) {
        if self.session.wake_at_ms.is_some_and(|wake_at_ms| wake_at_ms <= self.now_ms) {
            self.session.wake_at_ms = None;
        }
        for _ in 0..MOST_TIMERS {
            match self.next_due().filter(|due| due.at_ms <= self.now_ms) {
                Some(due) => self.fire(due.what),
                None => return,
            }
            self.drain();
        }
    }

    fn fire(&mut self, what: DueWhat) {
        match what {
            DueWhat::Deadline => self.conversation_result(&Outcome::TimedOut),
            DueWhat::FollowerDeadline(follower) => self.follower_result(follower, &Outcome::TimedOut),
            DueWhat::Reaction { level, reaction, mark, quiet } => {
                let Some(frame) = self.session.frames.last_mut() else { return };
                if quiet {
                    frame.fired_quiet |= 1 << mark;
                } else {
                    frame.fired |= 1 << mark;
                }
                let found = self.reactions(level).get(reaction);
                if !found.is_some_and(|found| self.is_enabled(level, reaction, found)) {
                    return;
                }
                // A person who has the conversation and lets it rest this long has left it to the flow again.
                self.session.handed_over = false;
                self.microsteps = 0;
                let place = self.take(level, reaction);
                self.run(Some(place));
            }
        }
    }

    /// The earliest deadline or timed reaction.
    pub fn next_due(&self) -> Option<Due> {
        let mut earliest: Option<Due> = None;
        let mut consider = |at_ms: i64, what: DueWhat| {
            if earliest.is_none_or(|known| at_ms < known.at_ms) {
                earliest = Some(Due { at_ms, what });
            }
        };
        for (at, follower) in self.session.followers.iter().enumerate() {
            if let Some(busy) = &follower.busy {
                consider(busy.deadline_ms, DueWhat::FollowerDeadline(at));
            }
        }
        match &self.session.busy {
            Some(busy) => consider(busy.deadline_ms, DueWhat::Deadline),
            None => self.timed_reactions(consider),
        }
        earliest
    }

    fn timed_reactions(&self, mut consider: impl FnMut(i64, DueWhat)) {
        let Some(frame) = self.frame() else { return };
        if !self.is_entered(self.top()) {
            return;
        }
        let mut quiet_level = None;
        let mut mark = 0;
        for level in self.levels() {
            let (_, Some(flow)) = self.flow_of(Scope::Frame(level.frame)) else { continue };
            for (reaction, found) in self.reactions(level).iter().enumerate() {
                let (length_ms, since_ms, quiet) = if let Trigger::After { time } = &found.trigger {
                    (time.ms(flow), frame.entered_ms, false)
                } else if let Trigger::Quiet { time } = &found.trigger {
                    if *quiet_level.get_or_insert(level) != level {
                        continue;
                    }
                    (time.ms(flow), self.session.last_inbound_ms, true)
                } else if let Trigger::On { event: EventName::WindowClosing } = &found.trigger {
                    (WINDOW_CLOSING_MS, self.session.last_inbound_ms, true)
                } else {
                    continue;
                };
                let here = mark.min(MARKS);
                mark += 1;
                let fired = if quiet { frame.fired_quiet } else { frame.fired };
                let mut at_ms = since_ms.saturating_add(length_ms);
                if quiet && at_ms <= frame.entered_ms {
                    // The silence was over before the state was entered: it begins anew with the state.
                    at_ms = frame.entered_ms.saturating_add(length_ms);
                }
                if fired & (1 << here) == 0 {
                    consider(at_ms, DueWhat::Reaction { level, reaction, mark: here, quiet });
                }
            }
        }
    }

    /// Asks the host to be woken at the earliest time, when that has changed.
    pub fn ask_for_wake_up(&mut self) {
        let wake_at_ms = self.next_due().map(|due| due.at_ms);
        if wake_at_ms != self.session.wake_at_ms {
            self.session.wake_at_ms = wake_at_ms;
            self.effect(EffectKind::Timer { wake_at_ms });
        }
    }
}
