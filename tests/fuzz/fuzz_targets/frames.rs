//! WebSocket frames of a client, whole and in pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waypost_gateway::websocket::fuzz::framing(data));
