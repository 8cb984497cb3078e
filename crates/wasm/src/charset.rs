//! Charsets by the host's `TextDecoder`: its tables need not be downloaded.

use js_sys::Object;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

// The types of web-sys lack `ignoreBOM`.
#[wasm_bindgen]
extern "C" {
    type Options;

    #[wasm_bindgen(method, setter = ignoreBOM)]
    fn set_ignore_bom(this: &Options, ignore: bool);

    type TextDecoder;

    #[wasm_bindgen(constructor, catch)]
    fn new(encoding: &str, options: &Options) -> Result<TextDecoder, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn decode(this: &TextDecoder, octets: &[u8]) -> Result<String, JsValue>;
}

/// The text of octets in an encoding of the Encoding Standard; `None` where the host does not know it.
pub(crate) fn decode(name: &str, octets: &[u8]) -> Option<String> {
    let options: Options = Object::new().unchecked_into();
    options.set_ignore_bom(true);
    // A new one for each text: that of Chromium for ISO-2022-JP remembers the last escape of the text before, and makes U+FFFD of the next.
    TextDecoder::new(name, &options).ok()?.decode(octets).ok()
}
