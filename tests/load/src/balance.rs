//! A balancer in front of several servers: each connection goes to the next that is up. One that is marked as down loses
//! its connections, as when a health check fails. Reads nothing of what passes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which of its servers are up, by position.
pub struct Balancer {
    pub address: String,
    up: watch::Sender<Vec<bool>>,
}

impl Balancer {
    /// # Errors
    /// Nothing can listen.
    pub async fn before(servers: &[String]) -> io::Result<Balancer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (up, seen) = watch::channel(vec![true; servers.len()]);
        let (servers, next): (Arc<[String]>, _) = (servers.into(), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, servers.clone(), next.fetch_add(1, Ordering::Relaxed), seen.clone()));
            }
        });
        Ok(Balancer { address, up })
    }

    pub fn mark(&self, server: usize, is_up: bool) {
        self.up.send_modify(|up| up[server] = is_up);
    }
}

async fn pass(mut from: TcpStream, servers: Arc<[String]>, first: usize, mut up: watch::Receiver<Vec<bool>>) {
    for turn in 0..servers.len() {
        let server = (first + turn) % servers.len();
        if !up.borrow()[server] {
            continue;
        }
        let connecting = tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(&servers[server]));
        let Ok(Ok(mut to)) = connecting.await else { continue };
        let _ = (from.set_nodelay(true), to.set_nodelay(true));
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
            _ = up.wait_for(|up| !up[server]) => {}
        }
        return;
    }
}
