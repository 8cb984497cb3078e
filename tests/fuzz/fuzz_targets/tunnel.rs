//! Messages of a client to the gateway's end of a tunnel.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_tunnel::fuzz::gateway(data));
