//! A plain WebSocket server that sends messages of 64 KiB, written as cheaply as can be: what a page can receive at most. In a process
//! of its own.

use super::frames::plain_head;
use super::{Outcome, words};
use crate::server::say;
use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;

/// Prints its address and serves until the process is stopped: the first message says how many octets are to be sent.
pub(crate) async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(words)?;
    say(listener.local_addr().map_err(words)?);
    loop {
        let (stream, _) = listener.accept().await.map_err(words)?;
        tokio::spawn(send(stream));
    }
}

async fn send(stream: TcpStream) -> Outcome<()> {
    stream.set_nodelay(true).map_err(words)?;
    let mut socket = accept_async(stream).await.map_err(words)?;
    let message = socket.next().await.ok_or("the page has gone")?.map_err(words)?;
    let octets: usize = message.to_text().map_err(words)?.parse().map_err(words)?;
    let mut frame = plain_head(PIECE as u64);
    frame.resize(frame.len() + PIECE, 7);
    for _ in 0..octets / PIECE {
        socket.get_mut().write_all(&frame).await.map_err(words)?;
    }
    // Until the page closes.
    while socket.next().await.is_some_and(|message| message.is_ok()) {}
    Ok(())
}

const PIECE: usize = 64 * 1024;
