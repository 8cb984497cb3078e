//! One response, forgiving or strict.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_imap::fuzz::grammar(data));
