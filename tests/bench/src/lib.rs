//! What the benches run natively and in wasm alike: the sets of IMAP responses with our parser over them, and a session of POP3.

mod maildrop;
mod sets;
mod waypost;

pub use maildrop::{Maildrop, Piece};
pub use sets::{Set, sets};
pub use waypost::Parser;

#[cfg(target_arch = "wasm32")]
mod exports {
    use super::Piece;
    use std::collections::VecDeque;
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

    /// A session of POP3 that takes all messages.
    #[wasm_bindgen]
    pub struct Maildrop {
        session: super::Maildrop,
        message: Vec<u8>,
        messages: VecDeque<Vec<u8>>,
    }

    #[wasm_bindgen]
    impl Maildrop {
        /// Takes the messages 1 to `count`.
        #[wasm_bindgen(constructor)]
        #[must_use]
        pub fn new(user: &str, password: &str, count: u32) -> Self {
            let session = super::Maildrop::new(user, password, count);
            Self { session, message: Vec::new(), messages: VecDeque::new() }
        }
        /// Takes what a socket gave.
        pub fn feed(&mut self, octets: Vec<u8>) {
            let Self { session, message, messages } = self;
            session.handle(octets, &mut |piece| match piece {
                // A message that came in one piece is not copied.
                Piece::Octets(octets) if message.is_empty() => *message = octets,
                Piece::Octets(octets) => message.extend(octets),
                Piece::End => messages.push_back(std::mem::take(message)),
            });
        }
        /// The next message that is whole.
        pub fn message(&mut self) -> Option<Vec<u8>> {
            self.messages.pop_front()
        }
        /// What is to be sent.
        pub fn outgoing(&mut self) -> Vec<u8> {
            self.session.outgoing()
        }
        /// Why the server did not do what it was asked for.
        #[must_use]
        pub fn refused(&self) -> Option<String> {
            self.session.refused.clone()
        }
        /// Whether it is over.
        #[must_use]
        pub fn closed(&self) -> bool {
            self.session.closed
        }
    }
}
