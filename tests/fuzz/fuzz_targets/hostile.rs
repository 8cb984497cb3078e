//! A server that sends anything, compressed or not, to an owner who uses everything.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_imap::fuzz::hostile_server(data));
