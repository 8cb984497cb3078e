//! The four traits of the engine over what a browser has.

use crate::clock::BrowserClock;
use crate::entropy::BrowserEntropy;
use crate::indexeddb::IndexedDb;
use crate::transport::{GatewayToken, WebSocketConnect};
use js_sys::JsString;
use std::rc::Rc;
use waypost_sync::{Platform, Point};

/// One profile in one browser.
#[derive(Debug)]
pub(crate) struct Browser {
    connector: WebSocketConnect,
    store: Rc<IndexedDb>,
    clock: BrowserClock,
    entropy: BrowserEntropy,
}

impl Browser {
    /// Connects through this gateway, with this token if it asks for one, and stores here.
    pub(crate) fn new(gateway: String, token: GatewayToken, store: Rc<IndexedDb>) -> Self {
        Self {
            connector: WebSocketConnect::new(gateway, token),
            store,
            clock: BrowserClock,
            entropy: BrowserEntropy,
        }
    }
}

impl Platform for Browser {
    type Connect = WebSocketConnect;
    type Store = IndexedDb;
    type Clock = BrowserClock;
    type Entropy = BrowserEntropy;

    fn connector(&self) -> &WebSocketConnect {
        &self.connector
    }

    fn store(&self) -> &IndexedDb {
        &self.store
    }

    fn clock(&self) -> &BrowserClock {
        &self.clock
    }

    fn entropy(&self) -> &BrowserEntropy {
        &self.entropy
    }

    async fn is_persistent(&self) -> bool {
        crate::persistence::is_persistent().await
    }

    fn reached(&self, point: Point) {
        crate::points::reached(point);
    }

    /// The browser's own: its tables need not be downloaded.
    fn nfkc(&self, text: &str) -> String {
        JsString::from(text).normalize("NFKC").into()
    }
}
