//! The relay that one writes in an afternoon: tokio-tungstenite with its defaults, one message for each read of 8 KiB. A row of the
//! benchmark, in a process of its own.

use super::{Outcome, words};
use crate::server::say;
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// Prints its address and relays each WebSocket to `server` until the process is stopped.
pub(crate) async fn serve(server: SocketAddr) -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    say(listener.local_addr().map_err(words)?);
    loop {
        let (stream, _) = listener.accept().await.map_err(words)?;
        tokio::spawn(relay(stream, server));
    }
}

async fn relay(stream: TcpStream, server: SocketAddr) -> Outcome<()> {
    stream.set_nodelay(true).map_err(words)?;
    let (mut sink, mut source) = accept_async(stream).await.map_err(words)?.split();
    let upstream = TcpStream::connect(server).await.map_err(words)?;
    upstream.set_nodelay(true).map_err(words)?;
    let (mut read, mut write) = upstream.into_split();
    let up = async {
        while let Some(message) = source.next().await {
            match message.map_err(words)? {
                Message::Binary(octets) => write.write_all(&octets).await.map_err(words)?,
                Message::Close(_) => break,
                _ => {}
            }
        }
        Outcome::Ok(())
    };
    let down = async {
        let mut buffer = vec![0; 8 * 1024];
        loop {
            let count = read.read(&mut buffer).await.map_err(words)?;
            if count == 0 {
                return sink.close().await.map_err(words);
            }
            let octets = buffer.get(..count).unwrap_or_default().to_vec();
            sink.send(Message::binary(octets)).await.map_err(words)?;
        }
    };
    // The end of either ends both.
    tokio::select! {
        result = up => result,
        result = down => result,
    }
}
