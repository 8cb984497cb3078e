#!/usr/bin/env bash
# Checks that Rust and Node.js are there and new enough, and says what to do where they are not.
set -euo pipefail
cd "$(dirname "$0")/.."
need() {
  command -v "$1" >/dev/null || { echo "$1 is missing. $2" >&2; exit 1; }
}
# Whether version $1 is at least version $2.
reaches() {
  [ "$(printf '%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]
}
need cargo "Install Rust with rustup (https://rustup.rs), then run make again."
need node "Install Node.js 20.19 or newer (https://nodejs.org), then run make again."
need npm "It comes with Node.js 20.19 or newer (https://nodejs.org); install that, then run make again."

node=$(node -p process.versions.node)
reaches "$node" 20.19 || { echo "Node.js $node is too old: 20.19 or newer is needed (https://nodejs.org)." >&2; exit 1; }
wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
rust=$(rustc --version | awk '{print $2}')
reaches "$rust" "$wanted" || { echo "Rust $rust is too old: $wanted or newer is needed. Install it with rustup (https://rustup.rs)." >&2; exit 1; }
