#!/usr/bin/env bash
# The parser bench as a wasm module for Node, in target/bench/wasm, compiled as scripts/wasm.sh compiles the parser for browsers.
set -euo pipefail
cd "$(dirname "$0")/../.."
triple=wasm32-unknown-unknown
scripts/wasm.sh --setup
cargo=(cargo)
variables=(CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Ctarget-feature=+simd128 -Cllvm-args=-inline-threshold=5")
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; then
  # As in scripts/wasm.sh: Debian's compiler builds the standard library itself.
  cargo=(/usr/bin/cargo -Zbuild-std=std,panic_abort)
  variables+=(RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(find /usr/bin -name 'wasm-ld-*' | sort -V | tail -1)")
fi
env -u RUSTFLAGS "${variables[@]}" "${cargo[@]}" build --locked --quiet --release -p waypost-bench --lib \
  --target "$triple" --target-dir target/wasm-bench
CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
  cargo build --locked --quiet --release -p waypost-bindgen --target-dir target/bindgen
rm -rf target/bench/wasm
mkdir -p target/bench
target/bindgen/release/waypost-bindgen target/wasm-bench/$triple/release/waypost_bench.wasm target/bench/wasm
# As the shipped module is treated.
node web/node_modules/binaryen/bin/wasm-opt -Os target/bench/wasm/waypost.wasm -o target/bench/wasm/optimised.wasm
mv target/bench/wasm/optimised.wasm target/bench/wasm/waypost.wasm
