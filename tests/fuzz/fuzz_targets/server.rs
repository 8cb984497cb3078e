//! A server that sends anything to an owner who signs in and reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_imap::fuzz::server_octets(data));
