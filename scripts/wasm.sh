#!/usr/bin/env bash
# The modules of the npm package, into web/client/wasm: waypost (the engine, from crates/wasm), and clients, imap and pop3 (from
# crates/clients), each as NAME.js, NAME.d.ts and NAME.wasm.
#   scripts/wasm.sh            builds what has changed; a second call with nothing changed takes seconds
#   scripts/wasm.sh --setup    makes sure that this machine can build for wasm32
#   scripts/wasm.sh --clippy   lints crates/wasm and crates/clients
#   scripts/wasm.sh --probe    builds the engine with the feature `probe` for the browser tests, into target/wasm/probe and probe-package
# The compiler is rustup's where it has or can get the wasm32 target, otherwise Debian's. WASM_TOOLCHAIN=debian
# chooses Debian's. The standard library is built with the modules where its source is there or can be had (docs/decisions/0008-wasm-for-size.md).
set -euo pipefail
cd "$(dirname "$0")/.."
triple=wasm32-unknown-unknown
target=target/wasm
wasm_opt=web/node_modules/binaryen/bin/wasm-opt

has_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]
}

has_source() {
  [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]
}

# Installs what is missing, and leaves the choice in $toolchain.
choose_toolchain() {
  toolchain=rustup
  if [ "${WASM_TOOLCHAIN:-}" != debian ]; then
    if has_target; then choose_source; return; fi
    if command -v rustup >/dev/null; then
      echo "Adding the target $triple with rustup"
      if timeout 300 rustup --quiet target add "$triple" 2>/dev/null && has_target; then choose_source; return; fi
      echo "rustup can't download it here; Debian's compiler takes its place."
    fi
  fi
  toolchain=debian
  scripts/packages.sh wasm
}

# Whether the standard library is built from source, in $source.
choose_source() {
  source=yes
  if has_source; then return; fi
  if command -v rustup >/dev/null; then
    echo "Adding the source of the standard library with rustup"
    if timeout 300 rustup --quiet component add rust-src 2>/dev/null && has_source; then return; fi
  fi
  source=
  echo "The source of the standard library can't be had here: the modules become larger than those of a release."
}

# The newest of /usr/bin/wasm-ld-NN.
linker() {
  find /usr/bin -name 'wasm-ld-*' | sort -V | tail -1
}

# A visitor downloads the modules, so all is compiled for size, but for what looks at every octet: for size that takes a fifth as long again.
# So is waypost-message, which Cargo.toml has one level lower.
fast=(memchr sha2)
fast_in_clients=(waypost-clients nom memchr sha2)
# Where the compiler takes the marks `for_speed`, only what is marked is compiled for speed in these.
marked_in_clients=(waypost-imap waypost-pop3)

# What LLVM is told when the engine is linked. Loops keep the counters that they are written with; nothing that needs much stack is put into its
# caller, so that offsets stay short; stores that nobody reads are looked for ten times as far as by itself, since a future is one long function.
of_engine=(
  disable-lsr inline-max-stacksize=100 memssa-check-limit=1000 memdep-block-scan-limit=1000 available-load-scan-limit=40
  dse-memoryssa-scanlimit=1500 dse-memoryssa-walklimit=900 dse-memoryssa-path-check-limit=500
)

# The modules: name, crate, features; `--factory` makes the glue a function that is called for each instance, `--whole` says that an
# instance is given up with all that is in it.
modules=(
  "waypost wasm default --factory"
  "clients clients imap,pop3 --factory --whole"
  "imap clients imap --factory --whole"
  "pop3 clients pop3 --factory --whole"
)

# wasm_cargo COMMAND CRATE: cargo for wasm32 with the chosen compiler. With SIMD, SHA-256 takes two thirds of the time, and each browser of the last three
# years has it. Little is inlined: that makes nothing here slower, and a call compresses better than what it calls. Paths of this machine stay
# out of the module.
wasm_cargo() {
  local command=$1 crate=$2
  shift 2
  local flags="-Ctarget-feature=+simd128 -Cllvm-args=-inline-threshold=5"
  flags+=" --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$PWD=waypost"
  local variables=(CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=fat)
  local cargo=cargo extra=() last=() package
  local fast=("${fast[@]}") marked=()
  if [ "$crate" = clients ]; then fast=("${fast_in_clients[@]}") marked=("${marked_in_clients[@]}"); fi
  if [ "$toolchain" = debian ]; then
    # Debian ships the standard library for wasm32 as source only.
    source=yes
    cargo=/usr/bin/cargo
    variables+=(RUSTC=/usr/bin/rustc CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(linker)")
  fi
  if [ "$source" = yes ] && [ "$command" = build ]; then
    # These flags are of a nightly compiler. A panic is a trap that says nothing, and nothing is written for debugging. No loop has its head twice.
    flags+=" -Zunstable-options -Cpanic=immediate-abort -Zfmt-debug=none -Zlocation-detail=none -Cllvm-args=-rotation-max-header-size=0"
    if [ "$crate" = clients ]; then
      flags+=" --cfg=for_speed"
    else
      command=rustc
      last+=(-- "${of_engine[@]/#/-Cllvm-args=-}")
    fi
    marked=()
    variables+=(RUSTC_BOOTSTRAP=1)
    extra+=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)
  fi
  for package in "${fast[@]}" "${marked[@]}"; do extra+=(--config "profile.release.package.$package.opt-level=3"); done
  variables+=(CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$flags")
  env -u RUSTFLAGS "${variables[@]}" "$cargo" "$command" --locked --quiet -p "waypost-$crate" --target "$triple" \
    "${extra[@]}" "$@" "${last[@]}"
}

# bindgen MODULE FOLDER NAME [--factory] [--whole]
bindgen() {
  # A tool of this build, not a part of it: quick to compile matters more than quick to run.
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo build --locked --quiet --release -p waypost-bindgen --target-dir target/bindgen
  rm -rf "$2"
  target/bindgen/release/waypost-bindgen "$@"
}

# build_module NAME CRATE FEATURES [--factory] [--whole]. Cargo gives all features of a crate one file, so each module has a folder of its own.
build_module() {
  local name=$1 crate=$2 features=$3 folder=$target
  [ "$crate" = wasm ] || folder=$target/$name
  wasm_cargo build "$crate" --release --target-dir "$folder" --no-default-features --features "$features"
  local module=$folder/$triple/release/waypost_$crate.wasm made=$folder/made out=web/client/wasm stamp
  stamp=$({
    sha256sum "$module" scripts/wasm.sh web/bindgen/src/*.rs Cargo.lock
    grep -m1 '"version"' web/node_modules/binaryen/package.json
  } | sha256sum)
  if [ -f "$out/$name.wasm" ] && [ -f "$out/$name.js" ] && [ -f "$out/$name.d.ts" ] && [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ]; then
    return
  fi

  echo "Building the wasm module $name"
  bindgen "$module" "$made" "$name" "${@:4}"
  # Without flags it reads from the module which features it may use; --all-features makes what Chromium refuses.
  # Of what is called from one place only small functions are put there: engines take long over large functions and run them slowly until
  # they are done.
  node $wasm_opt -Os --one-caller-inline-max-function-size=25 --low-memory-unused --reorder-functions-by-name --strip-debug --strip-producers --strip-target-features "$made/$name.wasm" -o "$made/optimised.wasm"
  mv "$made/optimised.wasm" "$made/$name.wasm"

  # Only what differs is written, the module last: its age is what the next steps of the build go by.
  mkdir -p $out
  local file changed=
  for file in "$name.js" "$name.d.ts" "$name.wasm"; do
    if ! cmp -s "$made/$file" "$out/$file"; then
      cp "$made/$file" "$out/.$file.new"
      mv "$out/.$file.new" "$out/$file"
      changed=yes
    fi
  done
  [ -z "$changed" ] || touch $out/waypost.wasm
  echo "$stamp" >"$folder/stamp"
}

build() {
  [ -f $wasm_opt ] || { echo "The npm packages are missing. Run: make setup" >&2; exit 1; }
  choose_toolchain
  local module words
  for module in "${modules[@]}"; do
    read -ra words <<<"$module"
    build_module "${words[@]}"
  done
}

case "${1:-}" in
  '') build ;;
  --setup) choose_toolchain ;;
  --probe)
    choose_toolchain
    wasm_cargo build wasm --release --target-dir $target --features probe
    bindgen $target/$triple/release/waypost_wasm.wasm $target/probe waypost
    # The same in the place of the package's own.
    bindgen $target/$triple/release/waypost_wasm.wasm $target/probe-package waypost --factory
    ;;
  --clippy)
    choose_toolchain
    if [ "$toolchain" = debian ]; then
      echo "crates/wasm and crates/clients were not linted: Debian's compiler for wasm32 comes without clippy."
    else
      for crate in wasm clients; do wasm_cargo clippy $crate --target-dir $target --all-features -- -D warnings; done
    fi
    ;;
  *)
    echo "usage: scripts/wasm.sh [--setup | --clippy | --probe]" >&2
    exit 2
    ;;
esac
