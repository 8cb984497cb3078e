//! The native side of `make bench-js`: the servers that its clients read from, and the reader that is the limit. What is measured is in
//! `tests/bench/js`.

mod limit;
pub(crate) mod replay;

pub(crate) use limit::limit;
