//! Development only: real and scripted servers, sample mail, byte splitter, tokio driver.

pub mod platform;
pub mod sample;
pub mod script;
pub mod servers;
pub mod split;
