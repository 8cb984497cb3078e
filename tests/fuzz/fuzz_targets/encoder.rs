//! Values that want to break out of their command.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_imap::fuzz::encoder(data));
