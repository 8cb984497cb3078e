//! Responses are cut alike, whole and in pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_imap::fuzz::framing(data));
