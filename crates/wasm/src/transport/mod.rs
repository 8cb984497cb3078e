//! Connections to mail servers, through the gateway.

mod failure;
mod link;
mod websocket;

pub(crate) use websocket::{GatewayToken, WebSocketConnect};
