//! Random octets in a browser.

use wasm_bindgen::prelude::wasm_bindgen;
use waypost_sync::Entropy;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(buffer: &mut [u8]);
}

/// `crypto.getRandomValues`, which every page has, also one without TLS.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BrowserEntropy;

impl Entropy for BrowserEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        // It refuses more than 65536 octets at a time (Web Cryptography API, 10.1.1).
        for part in buffer.chunks_mut(65_536) {
            get_random_values(part);
        }
    }
}
