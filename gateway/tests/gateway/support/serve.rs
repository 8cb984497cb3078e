//! A server of a test.

use std::future::Future;
use tokio::net::{TcpListener, TcpStream};

/// Serves each connection with this; gives the port.
pub(crate) async fn serve<F, Work>(with: F) -> u16
where
    F: Fn(TcpStream) -> Work + Send + 'static,
    Work: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(with(stream));
        }
    });
    port
}
