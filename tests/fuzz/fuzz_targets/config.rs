//! Texts for a configuration of the gateway.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_gateway::config::fuzz(data));
