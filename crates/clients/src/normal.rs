//! Unicode's normalisation form KC, of the host.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["String", "prototype", "normalize"], js_name = call)]
    fn normalize(text: &str, form: &str) -> String;
}

/// The text in form KC.
pub(crate) fn kc(text: &str) -> String {
    normalize(text, "NFKC")
}
