//! A gate on the way between two programs: it passes bytes, and when a trap is set, the next request or answer that comes to
//! the wanted moment springs it. So a server is killed at a moment that is known, from outside. Reads nothing of what passes.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Where on its way a request or its answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Half of the request is through, the rest never comes.
    HalfRequest,
    /// The request has left, and is not passed on.
    RequestHeld,
    /// The request is through, no answer has come.
    RequestPassed,
    /// The answer has come, and is not passed on.
    AnswerHeld,
    /// The answer is through.
    AnswerPassed,
}

type Trap = Arc<Mutex<Option<(Moment, oneshot::Sender<()>)>>>;

pub struct Gate {
    pub address: String,
    trap: Trap,
}

/// How long what sprang a trap is held back; who set it acts at once.
const HELD: Duration = Duration::from_millis(200);

impl Gate {
    /// # Errors
    /// Nothing can listen.
    pub async fn before(target: &str) -> io::Result<Gate> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (target, trap) = (target.to_string(), Trap::default());
        let set = trap.clone();
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                let (target, trap) = (target.clone(), set.clone());
                tokio::spawn(async move {
                    if let Ok(to) = TcpStream::connect(&target).await {
                        pass(from, to, trap).await;
                    }
                });
            }
        });
        Ok(Gate { address, trap })
    }

    /// Ends when the moment has come. A trap that was set before is gone.
    pub fn trap(&self, moment: Moment) -> oneshot::Receiver<()> {
        let (spring, sprung) = oneshot::channel();
        *self.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some((moment, spring));
        sprung
    }

    pub fn open(&self) {
        *self.trap.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Springs the trap, if it was set for one of these moments.
fn spring(trap: &Trap, at: &[Moment]) -> Option<Moment> {
    let mut set = trap.lock().unwrap_or_else(PoisonError::into_inner);
    let (moment, spring) = set.take_if(|(moment, _)| at.contains(moment))?;
    // Who set it may have given up.
    spring.send(()).is_ok().then_some(moment)
}

/// The connection breaks when either side ends, or when something was held back.
async fn pass(from: TcpStream, to: TcpStream, trap: Trap) {
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    let ((from_in, from_out), (to_in, to_out)) = (from.into_split(), to.into_split());
    tokio::select! {
        _ = requests(from_in, to_out, &trap) => {}
        _ = answers(to_in, from_out, &trap) => {}
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, trap: &Trap) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let half = buffer.get(..read / 2).unwrap_or_default();
        let whole = buffer.get(..read).unwrap_or_default();
        match spring(trap, &[Moment::HalfRequest, Moment::RequestHeld]) {
            Some(moment) => {
                if moment == Moment::HalfRequest {
                    to.write_all(half).await?;
                }
                tokio::time::sleep(HELD).await;
                return Ok(());
            }
            None => to.write_all(whole).await?,
        }
        spring(trap, &[Moment::RequestPassed]);
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, trap: &Trap) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        if spring(trap, &[Moment::AnswerHeld]).is_some() {
            tokio::time::sleep(HELD).await;
            return Ok(());
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
        spring(trap, &[Moment::AnswerPassed]);
    }
}
