//! The bytes of an answer: at once, cut off, or one after the other.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, Sleep, interval, sleep};

pub enum GraphBody {
    Whole(Bytes),
    /// Ends where the bytes end, whatever length was announced; a little later, so that they arrive.
    Short(Bytes, Pin<Box<Sleep>>),
    Trickle(Bytes, Interval),
    Routed(axum::body::Body),
}

const ARRIVE: Duration = Duration::from_millis(20);

impl GraphBody {
    pub fn short(bytes: Bytes) -> GraphBody {
        GraphBody::Short(bytes, Box::pin(sleep(ARRIVE)))
    }

    pub fn trickle(bytes: Bytes, pause_ms: u64) -> GraphBody {
        GraphBody::Trickle(bytes, interval(Duration::from_millis(pause_ms.max(1))))
    }
}

impl From<Infallible> for Broken {
    fn from(never: Infallible) -> Broken {
        match never {}
    }
}

/// The answer ends here, on purpose.
#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
pub struct Broken;

impl Body for GraphBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            GraphBody::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            GraphBody::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            GraphBody::Short(bytes, arrive) if bytes.is_empty() => arrive.as_mut().poll(cx).map(|()| Some(Err(Broken))),
            GraphBody::Short(bytes, _) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            GraphBody::Trickle(bytes, _) if bytes.is_empty() => Poll::Ready(None),
            GraphBody::Trickle(bytes, pause) => pause.poll_tick(cx).map(|_| Some(Ok(Frame::data(bytes.split_to(1))))),
            GraphBody::Routed(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(|_| Broken)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            GraphBody::Whole(bytes) | GraphBody::Trickle(bytes, _) => bytes.is_empty(),
            GraphBody::Short(..) => false,
            GraphBody::Routed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            GraphBody::Whole(bytes) | GraphBody::Trickle(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            GraphBody::Short(..) => SizeHint::default(),
            GraphBody::Routed(body) => body.size_hint(),
        }
    }
}
