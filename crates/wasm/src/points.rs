//! Moments of a download with deletion, told to the tests that break it there. A release tells nobody.

use waypost_sync::Point;

/// Tells `globalThis.waypostPoint`, if there is one. It may end this Worker and never return, and its answer `panic` makes a panic.
#[cfg(feature = "probe")]
pub(crate) fn reached(point: Point) {
    use wasm_bindgen::{JsCast, JsValue};
    let listener = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("waypostPoint"));
    if let Some(listener) = listener.ok().as_ref().and_then(|listener| listener.dyn_ref::<js_sys::Function>())
    {
        // What it throws is its own affair.
        let answer = listener.call1(&JsValue::UNDEFINED, &JsValue::from_str(NAMES[point as usize]));
        assert!(
            answer.ok().and_then(|answer| answer.as_string()).as_deref() != Some("panic"),
            "as was asked"
        );
    }
}

/// In the order of [`Point`]. What Debug writes is not in the module (docs/decisions/0008-wasm-for-size.md).
#[cfg(feature = "probe")]
const NAMES: [&str; 10] = [
    "BeforePut",
    "AfterPut",
    "BeforeComplete",
    "AfterComplete",
    "BeforeReadBack",
    "AfterReadBack",
    "BeforeDele",
    "AfterDele",
    "BeforeQuit",
    "AfterQuit",
];

#[cfg(not(feature = "probe"))]
pub(crate) const fn reached(_point: Point) {}
