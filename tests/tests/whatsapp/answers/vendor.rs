//! A vendor on a loopback socket that answers each connection as it was told, also wrongly.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

#[derive(Clone)]
pub enum Reply {
    Answer(Vec<u8>),
    /// Takes the request and closes the connection.
    Reset,
    /// Takes the request and never answers.
    Hang,
}

impl Reply {
    pub fn answer(status: u16, body: &str) -> Reply {
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        Reply::Answer(format!("{head}{body}").into_bytes())
    }

    /// Tells where the file of id 77 is: on this vendor, which fills in its port.
    pub fn resolve(sha256: &str) -> Reply {
        Reply::answer(
            200,
            &format!(r#"{{"url":"http://127.0.0.1:PORT0/file","mime_type":"image/jpeg","sha256":"{sha256}"}}"#),
        )
    }

    pub fn with(self, header: &str) -> Reply {
        match self {
            Reply::Answer(bytes) => {
                let text = String::from_utf8(bytes).expect("text");
                Reply::Answer(text.replacen("\r\n", &format!("\r\n{header}\r\n"), 1).into_bytes())
            }
            other => other,
        }
    }

    /// Leaves the last bytes out.
    pub fn cut(self, bytes: usize) -> Reply {
        match self {
            Reply::Answer(mut all) => {
                all.truncate(all.len() - bytes);
                Reply::Answer(all)
            }
            other => other,
        }
    }
}

pub struct Vendor {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Vendor {
    pub async fn start(replies: Vec<Reply>) -> Vendor {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            let mut replies = replies.into_iter();
            while let Ok((socket, _)) = listener.accept().await {
                let reply = replies.next().unwrap_or(Reply::Reset);
                tokio::spawn(serve(socket, reply, port, Arc::clone(&log)));
            }
        });
        Vendor { port, seen }
    }

    /// Nobody listens here.
    pub async fn closed() -> Vendor {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Vendor { port: listener.local_addr().expect("an address").port(), seen: Arc::default() }
    }

    pub fn base(&self) -> Url {
        super::base(self.port)
    }

    /// The requests, whole.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("nobody fails while holding it").clone()
    }
}

async fn serve(mut socket: TcpStream, reply: Reply, port: u16, log: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !is_whole(&request) {
        match socket.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(chunk.get(..read).unwrap_or_default()),
        }
    }
    log.lock().expect("nobody fails while holding it").push(String::from_utf8_lossy(&request).into_owned());
    match reply {
        Reply::Answer(bytes) => {
            // Five digits for five letters: the length stays what was announced.
            let text = String::from_utf8_lossy(&bytes).replace("PORT0", &format!("{port:05}"));
            let _ = socket.write_all(text.as_bytes()).await;
        }
        Reply::Reset => {}
        Reply::Hang => std::future::pending().await,
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
