#!/usr/bin/env bash
# The browser's core, from crates/wasm to web/client/wasm: waypost.js, waypost.d.ts and waypost.wasm.
#   scripts/wasm.sh            builds what has changed; a second call with nothing changed takes a second
#   scripts/wasm.sh --setup    makes sure that this machine can build for wasm32
#   scripts/wasm.sh --clippy   lints crates/wasm
#   scripts/wasm.sh --probe    builds it with the feature `probe` for the browser tests, into target/wasm/probe
# The compiler is rustup's where it has or can get the wasm32 target, otherwise Debian's. WASM_TOOLCHAIN=debian
# chooses Debian's.
set -euo pipefail
cd "$(dirname "$0")/.."
triple=wasm32-unknown-unknown
target=target/wasm
wasm_opt=web/node_modules/binaryen/bin/wasm-opt

has_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]
}

# Installs what is missing, and leaves the choice in $toolchain.
choose_toolchain() {
  toolchain=rustup
  if [ "${WASM_TOOLCHAIN:-}" != debian ]; then
    if has_target; then return; fi
    if command -v rustup >/dev/null; then
      echo "Adding the target $triple with rustup"
      if timeout 300 rustup --quiet target add "$triple" 2>/dev/null && has_target; then return; fi
      echo "rustup can't download it here; Debian's compiler takes its place."
    fi
  fi
  toolchain=debian
  scripts/packages.sh wasm
}

# The newest of /usr/bin/wasm-ld-NN.
linker() {
  find /usr/bin -name 'wasm-ld-*' | sort -V | tail -1
}

# What looks at every octet is compiled for speed, everything else for size, since a visitor downloads it.
fast=(waypost-imap waypost-pop3 waypost-message mail-parser memchr sha2)

# cargo for wasm32 with the chosen compiler. With SIMD, SHA-256 takes two thirds of the time, and each browser of the last three
# years has it. Paths of this machine stay out of the module.
wasm_cargo() {
  local command=$1
  shift
  local flags="-Ctarget-feature=+simd128 --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$PWD=waypost"
  local variables=(CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$flags" CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
    CARGO_PROFILE_RELEASE_OPT_LEVEL=s)
  local cargo=cargo extra=() package
  for package in "${fast[@]}"; do extra+=(--config "profile.release.package.$package.opt-level=3"); done
  if [ "$toolchain" = debian ]; then
    # Debian ships the standard library for wasm32 as source only; building it needs the nightly flag.
    cargo=/usr/bin/cargo
    variables+=(RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$(linker)")
    extra+=(-Zbuild-std=std,panic_abort)
  fi
  env -u RUSTFLAGS "${variables[@]}" "$cargo" "$command" --locked --quiet -p waypost-wasm --target "$triple" \
    --target-dir "$target" "${extra[@]}" "$@"
}

# A tool of this build, not a part of it: quick to compile matters more than quick to run.
bindgen() {
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo build --locked --quiet --release -p waypost-bindgen --target-dir target/bindgen
  rm -rf "$2"
  target/bindgen/release/waypost-bindgen "$1" "$2"
}

build() {
  [ -f $wasm_opt ] || { echo "The npm packages are missing. Run: make setup" >&2; exit 1; }
  choose_toolchain
  wasm_cargo build --release
  local module=$target/$triple/release/waypost_wasm.wasm made=$target/made out=web/client/wasm stamp
  stamp=$({
    sha256sum "$module" scripts/wasm.sh scripts/number-imports.mjs web/bindgen/src/main.rs Cargo.lock
    grep -m1 '"version"' web/node_modules/binaryen/package.json
  } | sha256sum)
  if [ -f $out/waypost.wasm ] && [ -f $out/waypost.js ] && [ -f $out/waypost.d.ts ] && [ "$(cat $target/stamp 2>/dev/null)" = "$stamp" ]; then
    return
  fi

  echo "Building the wasm core"
  bindgen "$module" $made
  # Without flags it reads from the module which features it may use; --all-features makes what Chromium refuses.
  node $wasm_opt -Os --strip-debug --strip-producers --strip-target-features $made/waypost.wasm -o $made/optimised.wasm
  mv $made/optimised.wasm $made/waypost.wasm
  node scripts/number-imports.mjs $made

  # Only what differs is written, the module last: its age is what the next steps of the build go by.
  mkdir -p $out
  local file changed=
  for file in waypost.js waypost.d.ts waypost.wasm; do
    if ! cmp -s $made/$file $out/$file; then
      cp $made/$file $out/.$file.new
      mv $out/.$file.new $out/$file
      changed=yes
    fi
  done
  [ -z "$changed" ] || touch $out/waypost.wasm
  echo "$stamp" >$target/stamp
}

case "${1:-}" in
  '') build ;;
  --setup) choose_toolchain ;;
  --probe)
    choose_toolchain
    wasm_cargo build --release --features probe
    bindgen $target/$triple/release/waypost_wasm.wasm $target/probe
    ;;
  --clippy)
    choose_toolchain
    if [ "$toolchain" = debian ]; then
      echo "crates/wasm was not linted: Debian's compiler for wasm32 comes without clippy."
    else
      wasm_cargo clippy --all-features -- -D warnings
    fi
    ;;
  *)
    echo "usage: scripts/wasm.sh [--setup | --clippy | --probe]" >&2
    exit 2
    ;;
esac
