//! Whether the browser keeps what this origin stores (Storage Standard, 6).

use js_sys::Promise;
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

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["navigator", "storage"], catch)]
    fn persisted() -> Result<Promise, JsValue>;
}
