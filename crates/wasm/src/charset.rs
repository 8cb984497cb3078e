//! Charsets by the host's `TextDecoder`: its tables need not be downloaded.

use js_sys::Object;
use std::cell::RefCell;
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

thread_local! {
    /// The decoder that was last made, with its encoding: mail comes in one charset for a while.
    static LAST: RefCell<Option<(String, TextDecoder)>> = const { RefCell::new(None) };
}

/// The text of octets in an encoding of the Encoding Standard; `None` where the host does not know it.
pub(crate) fn decode(name: &str, octets: &[u8]) -> Option<String> {
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(known, _)| known != name) {
            let options: Options = Object::new().unchecked_into();
            options.set_ignore_bom(true);
            *last = Some((name.to_owned(), TextDecoder::new(name, &options).ok()?));
        }
        let (_, decoder) = last.as_ref()?;
        // WebKitGTK gives nothing where it knows a name and has no table.
        decoder.decode(octets).ok().filter(|text| !text.is_empty() || octets.is_empty())
    })
}
