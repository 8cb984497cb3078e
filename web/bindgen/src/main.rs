//! Build tool: runs wasm-bindgen at the version of the lock file.

fn main() {}
