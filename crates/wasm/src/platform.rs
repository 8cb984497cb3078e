//! The four traits of the engine over what a browser has.

use crate::clock::BrowserClock;
use crate::entropy::BrowserEntropy;
use crate::store::BrowserStore;
use crate::transport::Way;
use js_sys::JsString;
use waypost_sync::{Platform, Point};

/// One profile in one browser, or mail in memory.
#[derive(Debug)]
pub(crate) struct Browser {
    way: Way,
    store: BrowserStore,
    clock: BrowserClock,
    entropy: BrowserEntropy,
}

impl Browser {
    /// Connects in this way, and stores here.
    pub(crate) const fn new(way: Way, store: BrowserStore) -> Self {
        Self { way, store, clock: BrowserClock, entropy: BrowserEntropy }
    }
}

impl Platform for Browser {
    type Connect = Way;
    type Store = BrowserStore;
    type Clock = BrowserClock;
    type Entropy = BrowserEntropy;

    fn connector(&self) -> &Way {
        &self.way
    }

    fn store(&self) -> &BrowserStore {
        &self.store
    }

    fn clock(&self) -> &BrowserClock {
        &self.clock
    }

    fn entropy(&self) -> &BrowserEntropy {
        &self.entropy
    }

    async fn is_persistent(&self) -> bool {
        self.store.is_persistent().await
    }

    fn reached(&self, point: Point) {
        crate::points::reached(point);
    }

    /// The browser's own: its tables need not be downloaded.
    fn nfkc(&self, text: &str) -> String {
        JsString::from(text).normalize("NFKC").into()
    }
}
