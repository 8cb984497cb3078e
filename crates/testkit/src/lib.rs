//! Development only: real and scripted servers, sample mail, byte splitter, a delaying relay, tokio driver.

pub mod platform;
pub mod relay;
pub mod sample;
pub mod script;
pub mod servers;
pub mod split;
