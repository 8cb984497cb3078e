//! Requests of a client that nobody knows, with what they carry: tokens, names of proxies, questions for settings.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_gateway::fuzz::requests(data));
