//! The browser: WebSocket driver, IndexedDB store, bindings.
//!
//! Runs in a page, in any kind of Worker, and in memory where there is no IndexedDB. What decides is in the crates below; here are the four traits of
//! `waypost-sync` over what a browser has ([`platform`]), and the surface that JavaScript sees ([`core`]).

#[cfg(target_family = "wasm")]
mod charset;
mod clock;
mod convert;
mod core;
mod entropy;
mod error;
mod indexeddb;
mod local;
mod maildrop;
mod persistence;
mod platform;
mod points;
#[cfg(feature = "probe")]
mod probe;
mod promise;
mod store;
mod streams;
mod transport;

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs once when the module is instantiated.
///
/// A panic ends the core: the call that hit it throws a `RuntimeError`, and nothing after it works. In a release it is a trap, whose stack says
/// where in the module it was (docs/decisions/0008-wasm-for-size.md). Where the standard library can't be built with the module, a hook says
/// it. Neither says the panic's own text, because that may hold octets of somebody's mail.
#[wasm_bindgen(start)]
fn start() {
    #[cfg(target_family = "wasm")]
    waypost_message::use_host_decoder(charset::decode);
    #[cfg(not(panic = "immediate-abort"))]
    panics::tell();
}

#[cfg(not(panic = "immediate-abort"))]
mod panics {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = console, js_name = error)]
        fn console_error(text: &str);
    }

    pub(super) fn tell() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
            console_error(&format!(
                "The mail core stopped{place}. Reload the page; please report this place."
            ));
        }));
    }
}
