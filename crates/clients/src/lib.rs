//! The protocol machines for JavaScript, without engine and store: what `ImapClient` and `Pop3Client` of the npm package run on.
//!
//! The page does the I/O: it hands octets in and takes octets and batches of decoded rows out. Each connection has an instance
//! of the module for itself: what one of them panics at ends no other, and its memory goes with it.
//!
//! The features `imap` and `pop3` choose what is in the module.

#[cfg(feature = "imap")]
mod imap;
mod normal;
#[cfg(feature = "pop3")]
mod pop3;
mod quote;
mod tunnel;

#[cfg(feature = "imap")]
pub use imap::{Expander, Imap};
#[cfg(feature = "pop3")]
pub use pop3::Pop3;
pub use tunnel::TunnelEnd;

/// A panic ends the instance: the call that hit it throws a `RuntimeError`. In a release it is a trap, whose stack says where in the module it
/// was (docs/decisions/0008-wasm-for-size.md). Where the standard library can't be built with the module, a hook says it. Neither says the
/// panic's own text, because that may hold octets of somebody's mail.
#[cfg(not(panic = "immediate-abort"))]
mod panics {
    use wasm_bindgen::prelude::wasm_bindgen;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = console, js_name = error)]
        fn console_error(text: &str);
    }

    /// Runs once when the module is instantiated.
    #[wasm_bindgen(start)]
    fn tell() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map_or_else(String::new, |place| format!(" at {}:{}", place.file(), place.line()));
            console_error(&format!("A connection stopped{place}. Please report this place."));
        }));
    }
}
