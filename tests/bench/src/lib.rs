//! What the IMAP bench runs natively and in wasm alike: the sets of responses, and our parser over them.

mod sets;
mod waypost;

pub use sets::{Set, sets};
pub use waypost::Parser;

#[cfg(target_arch = "wasm32")]
mod exports {
    use wasm_bindgen::prelude::wasm_bindgen;

    /// One connection.
    #[wasm_bindgen]
    #[derive(Default)]
    pub struct Connection(super::Parser);

    #[wasm_bindgen]
    impl Connection {
        /// Signed in already.
        #[wasm_bindgen(constructor)]
        #[must_use]
        pub fn new() -> Self {
            Self::default()
        }
        /// Takes what a socket gave; all events are taken out.
        pub fn feed(&mut self, octets: &[u8]) {
            self.0.feed(octets);
        }
        /// Responses so far.
        #[must_use]
        pub fn responses(&self) -> u32 {
            self.0.responses
        }
        /// The sum that proves that all came.
        #[must_use]
        pub fn sum(&self) -> f64 {
            self.0.sum as f64
        }
    }
}
