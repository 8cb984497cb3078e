//! A connection by a transport that JavaScript brings: the package's `Transport`, made plain by its `Wire`.
//!
//! Each wait is a promise. One that was asked for and given up is kept and asked for no second time, so that nothing is lost.

use super::failure;
use crate::convert::{from_js, octets_to_js};
use js_sys::{Promise, Uint8Array};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use waypost_sync::{Blame, Connect, ConnectError, Connection, Endpoint, TlsInfo, TlsMode};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"import type { Line, Wire } from "../src/memory/wire.js";"#;

#[wasm_bindgen]
extern "C" {
    /// Opens lines to mail servers.
    #[wasm_bindgen(typescript_type = "Wire")]
    #[derive(Debug, Clone)]
    pub type Wire;

    #[wasm_bindgen(method)]
    fn line(this: &Wire, host: &str, port: u16, security: &str) -> Line;

    /// One of them; it says by promises how it goes on.
    #[wasm_bindgen(typescript_type = "Line")]
    #[derive(Debug, Clone)]
    pub type Line;

    #[wasm_bindgen(method)]
    fn opened(this: &Line) -> Promise;
    #[wasm_bindgen(method)]
    fn read(this: &Line) -> Promise;
    #[wasm_bindgen(method)]
    fn write(this: &Line, octets: JsValue) -> Promise;
    #[wasm_bindgen(method)]
    fn secure(this: &Line) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &Line);
}

/// Connects by a transport of the page's own.
#[derive(Debug)]
pub(crate) struct WireConnect(pub(crate) Wire);

/// A connection of it. Dropping it closes the line.
#[derive(Debug)]
pub(crate) struct WireConnection {
    line: Line,
    /// What was asked for and has not come.
    reading: Option<JsFuture>,
}

impl Connect for WireConnect {
    type Connection = WireConnection;

    async fn connect(&self, endpoint: &Endpoint) -> Result<WireConnection, ConnectError> {
        let security = match endpoint.tls {
            TlsMode::Implicit => "tls",
            TlsMode::StartTls => "starttls",
            TlsMode::None => "none",
        };
        let line = self.0.line(&endpoint.host, endpoint.port, security);
        // Whole before it waits: one that is given up closes the line.
        let connection = WireConnection { line, reading: None };
        JsFuture::from(connection.line.opened()).await.map_err(refused)?;
        Ok(connection)
    }
}

impl Connection for WireConnection {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        let line = &self.line;
        let answer = self.reading.get_or_insert_with(|| JsFuture::from(line.read())).await;
        self.reading = None;
        let octets = answer.map_err(refused)?;
        Ok(octets.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        JsFuture::from(self.line.write(octets_to_js(&octets))).await.map_err(refused)?;
        Ok(())
    }

    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        // The line answers a read that is still open with what it makes of it.
        self.reading = None;
        let details = JsFuture::from(self.line.secure()).await.map_err(refused)?;
        Ok(from_js::<Details>(&details, "").unwrap_or_default().into())
    }

    async fn close(&mut self) {
        self.line.close();
    }
}

impl Drop for WireConnection {
    fn drop(&mut self) {
        self.line.close();
    }
}

/// What TLS was agreed on, as far as the transport tells.
#[derive(Default, Deserialize)]
struct Details {
    version: String,
    cipher: String,
    fingerprint: Option<String>,
}

impl From<Details> for TlsInfo {
    fn from(Details { version, cipher, fingerprint }: Details) -> Self {
        Self { version, cipher, fingerprint: fingerprint.unwrap_or_default() }
    }
}

/// An error in its plain form, as the line rejects with it.
#[derive(Deserialize)]
struct Refused {
    code: String,
    blame: String,
    retryable: bool,
    message: String,
}

fn refused(thrown: JsValue) -> ConnectError {
    let Ok(Refused { code, blame, retryable, message }) = from_js(&thrown, "") else { return failure::cut() };
    ConnectError { code, blame: blamed(&blame), retryable, message }
}

fn blamed(word: &str) -> Blame {
    match word {
        "caller" => Blame::Caller,
        "user" => Blame::User,
        "gateway" => Blame::Gateway,
        "network" => Blame::Network,
        "device" => Blame::Device,
        _ => Blame::Server,
    }
}
