//! Development only: real and scripted servers, sample mail, byte splitter, tokio driver.

pub mod sample;
pub mod servers;
