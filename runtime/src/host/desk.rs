//! How the parts of a host reach its writer: at once, or through a queue that gathers what comes while it commits.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::writer::{Job, Took, WriteError, Writer};

/// Jobs that may wait for the writer; more wait at the desk (I20).
const MOST_WAITING: usize = 4_096;

type Answer = Result<Vec<Took>, WriteError>;

pub struct Request {
    job: Job,
    answer: oneshot::Sender<Answer>,
}

#[derive(Clone)]
pub enum Desk {
    /// Each job is its own commit: for simulation and tests.
    Here(Arc<Writer>),
    Queue(mpsc::Sender<Request>),
}

/// The writer's end of a queue.
pub struct Queue(mpsc::Receiver<Request>);

/// A desk with a queue behind it.
pub fn open() -> (Desk, Queue) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    (Desk::Queue(sender), Queue(receiver))
}

/// The writer has gone: the process is going down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is going down")]
pub struct Closed;

#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Desk {
    /// Commits a job. The answer comes after the commit, synced.
    pub async fn commit(&self, job: Job) -> Result<Vec<Took>, DeskError> {
        match self {
            Desk::Here(writer) => Ok(writer.commit(vec![job]).await.pop().unwrap_or(Ok(Vec::new()))?),
            Desk::Queue(sender) => {
                let (answer, answered) = oneshot::channel();
                sender.send(Request { job, answer }).await.map_err(|_| Closed)?;
                Ok(answered.await.map_err(|_| Closed)??)
            }
        }
    }
}

impl Queue {
    /// Takes what waits, as one commit; waits for the first only. `false`: every desk is closed and nothing is left.
    pub async fn serve_once(&mut self, writer: &Writer, most: usize) -> bool {
        let mut requests = Vec::new();
        if self.0.recv_many(&mut requests, most.max(1)).await == 0 {
            return false;
        }
        let (jobs, answers): (Vec<Job>, Vec<oneshot::Sender<Answer>>) =
            requests.into_iter().map(|request| (request.job, request.answer)).unzip();
        metrics::counter!("duka_commits_total").increment(1);
        for (answer, sender) in writer.commit(jobs).await.into_iter().zip(answers) {
            // Whoever asked may have gone.
            let _ = sender.send(answer);
        }
        true
    }
}
