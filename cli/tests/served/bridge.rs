//! A way to a database that a test can break: nothing passes and nobody is told, or it leads to another one from now on.
//! Knows nothing of what passes.

use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where a database listens.
#[derive(Clone)]
pub enum Far {
    Socket(PathBuf),
    Address(String),
}

pub struct Bridge {
    /// Where the near end listens.
    pub address: String,
    passes: Arc<AtomicBool>,
    far: Arc<Mutex<Far>>,
}

impl Bridge {
    pub fn to(far: Far) -> Bridge {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens").to_string();
        let (passes, far) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(far)));
        let bridge = Bridge { address, passes: Arc::clone(&passes), far: Arc::clone(&far) };
        std::thread::spawn(move || {
            for near in listener.incoming().flatten().map(Pipe::Tcp) {
                let target = far.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Nobody is there: the connection is closed.
                let Ok(far) = Pipe::open(&target) else { continue };
                let (Ok(near_again), Ok(far_again)) = (near.again(), far.again()) else { continue };
                for (from, to) in [(near, far_again), (far, near_again)] {
                    let passes = Arc::clone(&passes);
                    std::thread::spawn(move || carry(from, to, &passes));
                }
            }
        });
        bridge
    }

    /// Whether anything passes from now on.
    pub fn passes(&self, passes: bool) {
        self.passes.store(passes, Ordering::SeqCst);
    }

    /// Where new connections lead.
    pub fn leads_to(&self, far: Far) {
        *self.far.lock().unwrap_or_else(PoisonError::into_inner) = far;
    }
}

enum Pipe {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Pipe {
    fn open(far: &Far) -> Result<Pipe> {
        match far {
            Far::Socket(path) => UnixStream::connect(path).map(Pipe::Unix),
            Far::Address(address) => TcpStream::connect(address).map(Pipe::Tcp),
        }
    }

    fn again(&self) -> Result<Pipe> {
        match self {
            Pipe::Tcp(stream) => stream.try_clone().map(Pipe::Tcp),
            Pipe::Unix(stream) => stream.try_clone().map(Pipe::Unix),
        }
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        match self {
            Pipe::Tcp(stream) => stream.read(bytes),
            Pipe::Unix(stream) => stream.read(bytes),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Pipe::Tcp(stream) => stream.write_all(bytes),
            Pipe::Unix(stream) => stream.write_all(bytes),
        }
    }

    fn close(&self) {
        let _ = match self {
            Pipe::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Pipe::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

/// Until one end is closed, and with it the other.
fn carry(mut from: Pipe, mut to: Pipe, passes: &AtomicBool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        while !passes.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if to.write(&bytes[..count]).is_err() {
            break;
        }
    }
    from.close();
    to.close();
}
