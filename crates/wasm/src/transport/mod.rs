//! Connections to mail servers, through the gateway or by what the page brings itself.

mod failure;
mod link;
mod websocket;
mod wire;

use core::future::{Future, pending};
use core::pin::Pin;
use waypost_sync::{Connect, ConnectError, Connection, Endpoint, TlsInfo};
use websocket::WebSocketConnection;
pub(crate) use websocket::{GatewayToken, WebSocketConnect};
use wire::WireConnection;
pub(crate) use wire::{Wire, WireConnect};

/// How servers are reached, chosen when the core is opened.
#[derive(Debug)]
pub(crate) enum Way {
    /// Through the gateway.
    Gateway(WebSocketConnect),
    /// By a transport of the page's own.
    Wire(WireConnect),
}

/// A connection by one of the two.
#[derive(Debug)]
pub(crate) enum WayConnection {
    Gateway(WebSocketConnection),
    Wire(WireConnection),
}

impl Connect for Way {
    type Connection = WayConnection;

    async fn connect(&self, endpoint: &Endpoint) -> Result<WayConnection, ConnectError> {
        match self {
            Self::Gateway(way) => way.connect(endpoint).await.map(WayConnection::Gateway),
            Self::Wire(way) => way.connect(endpoint).await.map(WayConnection::Wire),
        }
    }
}

impl Connection for WayConnection {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        match self {
            Self::Gateway(connection) => connection.read().await,
            Self::Wire(connection) => connection.read().await,
        }
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        match self {
            Self::Gateway(connection) => connection.write(octets).await,
            Self::Wire(connection) => connection.write(octets).await,
        }
    }

    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        match self {
            Self::Gateway(connection) => connection.secure().await,
            Self::Wire(connection) => connection.secure().await,
        }
    }

    async fn close(&mut self) {
        match self {
            Self::Gateway(connection) => connection.close().await,
            Self::Wire(connection) => connection.close().await,
        }
    }

    fn asked_to_move(&self) -> Pin<Box<dyn Future<Output = ()>>> {
        match self {
            Self::Gateway(connection) => connection.asked_to_move(),
            // Nobody on such a way can ask.
            Self::Wire(_) => Box::pin(pending()),
        }
    }
}
