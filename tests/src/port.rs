//! Ports for what a test starts.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below those that systems give to connections, so that nothing takes one by accident before its server listens there.
const FIRST: u16 = 12_000;
const MANY: u16 = 20_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port of this machine that nobody listens on, and that no other test of this process is given.
pub fn free_port() -> u16 {
    let start = (std::process::id().wrapping_mul(97) % u32::from(MANY)) as u16;
    loop {
        let port = FIRST + (start + NEXT.fetch_add(1, Ordering::Relaxed) % MANY) % MANY;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// The same as an address.
pub fn free_address() -> String {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free_port())).to_string()
}
