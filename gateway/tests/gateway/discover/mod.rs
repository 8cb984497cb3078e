//! Finding settings, in a small internet of its own.

mod access;
mod fetch;
mod guess;
mod sources;
