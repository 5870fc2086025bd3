//! Shows customers that their message was read, and that an answer is being written, where the shop wants it. Slower than a
//! number may send, so that answers have room; a mark that comes too late or fails is not made.

use std::num::NonZeroU32;
use std::sync::Arc;

use duka_dsl::config::channel::ReadMarks;
use governor::{Quota, RateLimiter};
use smol_str::SmolStr;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::channel::whatsapp::client::{Access, Graph};
use crate::channel::whatsapp::render::read_mark;
use crate::host::marks::Mark;
use crate::shops::Registry;

/// A quarter of what a number may send in a second (whatsapp-cloud-api 11.1).
const A_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");
/// Marks under way at once.
const MOST: usize = 8;

/// Marks until `stop`.
pub(super) async fn show(
    mut marks: mpsc::Receiver<Mark>,
    registry: Arc<Registry>,
    graph: Graph,
    stop: CancellationToken,
) {
    let pace = RateLimiter::<SmolStr, _, _>::keyed(Quota::per_second(A_SECOND));
    let room = Arc::new(Semaphore::new(MOST));
    loop {
        let mark = tokio::select! {
            mark = marks.recv() => mark,
            () = stop.cancelled() => return,
        };
        let Some(mark) = mark else { return };
        let Some((access, body)) = wanted(&registry, &mark) else { continue };
        if pace.check_key(&mark.number).is_err() {
            continue;
        }
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let graph = graph.clone();
        tokio::spawn(async move {
            // Whatever becomes of it, the answer is on its own way.
            let _ = graph.send(&mark.number, &access, body).await;
            metrics::counter!("duka_read_marks_total").increment(1);
            drop(permit);
        });
    }
}

/// The mark as the shop wants it; `None`: it wants none.
fn wanted(registry: &Registry, mark: &Mark) -> Option<(Access, Vec<u8>)> {
    let routes = registry.now();
    let shop = routes.of(mark.shop).filter(|shop| shop.numbers.contains(&mark.number))?;
    let typing = match shop.read_marks {
        ReadMarks::None => return None,
        ReadMarks::Read => false,
        ReadMarks::Typing => mark.asks,
    };
    Some((Access::new(shop.token.as_ref()?).ok()?, read_mark(&mark.message, typing)))
}
