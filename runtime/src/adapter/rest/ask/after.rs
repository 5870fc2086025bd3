//! What is looked at once a command is done, where a backend does it for two who were as fast as one another (F80): whoever finds
//! that it was too much makes room. Decides by what is there only, so what stays is never more than there is.

use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::{Instant, sleep};

use super::{Trouble, Turn};
use crate::adapter::mapping::After;
use crate::adapter::rest::give::holds;

/// Between two looks, in ms: another time for each, so that one makes room before the other looks again.
const MOMENT_MS: std::ops::RangeInclusive<u64> = 100..=1_500;

impl Turn<'_> {
    /// Leaves what was done, or undoes it.
    ///
    /// # Errors
    /// It was undone; or it is not known whether it may stay.
    pub(super) async fn may_stay(&mut self, done: Option<&Json>) -> Result<(), Trouble> {
        let Some(after) = &self.operation.after else { return Ok(()) };
        if after.when.as_ref().is_some_and(|when| !holds(when, done, "")) {
            return Ok(());
        }
        self.decides = false;
        let mut looked = self.looked(after).await;
        let pause = Duration::from_millis(fastrand::u64(MOMENT_MS));
        if matches!(looked, Err(Trouble::Refused(_))) && Instant::now() + pause < self.ends {
            sleep(pause).await;
            looked = self.looked(after).await;
        }
        match looked {
            Ok(()) => Ok(()),
            Err(Trouble::Refused(code)) => {
                self.attempt(&after.undo, &[], &[]).await.map_err(Trouble::after_it_counted)?;
                Err(Trouble::Refused(code))
            }
            Err(trouble) => Err(trouble.after_it_counted()),
        }
    }

    async fn looked(&mut self, after: &After) -> Result<(), Trouble> {
        self.prepare(&after.steps).await.map(drop)
    }
}

impl Trouble {
    /// The same of a request behind one that was done.
    fn after_it_counted(self) -> Trouble {
        let reason = match self {
            Trouble::Refused(code) => format!("what was done could not be undone: {code}"),
            Trouble::Wrong(reason) | Trouble::Unread(reason) | Trouble::Passing { reason, .. } => reason,
            Trouble::Limited { .. } => "asked too often".to_string(),
        };
        Trouble::Passing { done: true, timed_out: false, after: None, reason }
    }
}
