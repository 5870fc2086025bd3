//! Connections: so many at once, each with a time for the head of a request; ended in order when the server goes down.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::config::Limits;

/// Out of descriptors: those that are open end some time.
const PAUSE: Duration = Duration::from_millis(20);
/// A request's head and the small bodies of most webhooks in one read.
const BUFFER_BYTES: usize = 64 * 1024;

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub IpAddr);

/// A socket that listens.
pub struct Door {
    listener: TcpListener,
    limits: Limits,
}

impl Door {
    /// # Errors
    /// The address is taken, or not ours.
    pub async fn open(address: SocketAddr, limits: Limits) -> io::Result<Door> {
        Ok(Door { listener: TcpListener::bind(address).await?, limits })
    }

    /// # Errors
    /// The socket has gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop`, then lets what is under way end, for as long as the limits say.
    pub async fn serve(self, router: Router, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let graceful = GracefulShutdown::new();
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(self.limits.header_ms));
        builder.max_buf_size(BUFFER_BYTES);
        while let Some((place, stream, peer)) = self.next(&places, &stop).await {
            let service = TowerToHyperService::new(router.clone().layer(Extension(peer)));
            let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                // A connection that breaks is its client's business.
                let _ = connection.await;
                drop(place);
            });
        }
        drop(self.listener);
        let patience = Duration::from_millis(self.limits.drain_ms);
        if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
            tracing::warn!("some connections were still open at the end");
        }
    }

    async fn next(
        &self,
        places: &Arc<Semaphore>,
        stop: &CancellationToken,
    ) -> Option<(tokio::sync::OwnedSemaphorePermit, TcpStream, Peer)> {
        loop {
            let accepted = async {
                let place = Arc::clone(places).acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = accepted => accepted,
                () = stop.cancelled() => return None,
            };
            match (place.ok(), accepted) {
                (Some(place), Ok((stream, peer))) => {
                    // Answers are small and whole: nothing is gained by waiting for more of them.
                    let _ = stream.set_nodelay(true);
                    return Some((place, stream, Peer(peer.ip())));
                }
                (None, _) => return None,
                (Some(_), Err(_)) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
