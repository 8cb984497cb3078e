//! Whether the browser keeps what this origin stores, and how much of it there may be (Storage Standard, 6).

use js_sys::{Promise, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;

/// Whether it was made permanent. Where the browser can't say, it was not.
pub(crate) async fn is_persistent() -> bool {
    match persisted() {
        Ok(promise) => JsFuture::from(promise).await.is_ok_and(|answer| answer == JsValue::TRUE),
        Err(_) => false,
    }
}

/// What the whole origin stores, as the browser reckons: roughly, so that pages learn nothing of each other.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Estimate {
    /// Octets that are stored, the app itself included.
    pub(crate) usage: f64,
    /// Octets that may be stored. A device that is nearly full may have less.
    pub(crate) quota: f64,
}

impl Estimate {
    pub(crate) async fn ask() -> Option<Self> {
        let answer = JsFuture::from(estimate().ok()?).await.ok()?;
        let number = |name: &str| Reflect::get(&answer, &JsValue::from_str(name)).ok()?.as_f64();
        Some(Self { usage: number("usage")?, quota: number("quota")? })
    }

    /// Octets that are left.
    pub(crate) const fn room(self) -> f64 {
        self.quota - self.usage
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "storage"], catch)]
    fn persisted() -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_namespace = ["navigator", "storage"], catch)]
    fn estimate() -> Result<Promise, JsValue>;
}
