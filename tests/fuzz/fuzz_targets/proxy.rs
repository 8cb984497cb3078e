//! Headers of the PROXY protocol, read as they come.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_gateway::proxy_protocol::fuzz(data));
