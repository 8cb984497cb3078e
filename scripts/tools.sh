#!/usr/bin/env bash
# Checks that Rust and Node.js are there and says what to do where they are not.
set -euo pipefail
need() {
  command -v "$1" >/dev/null || { echo "$1 is missing. $2" >&2; exit 1; }
}
need cargo "Install Rust with rustup (https://rustup.rs), then run make again."
need node "Install Node.js 20 or newer (https://nodejs.org), then run make again."
need npm "It comes with Node.js 20 or newer (https://nodejs.org); install that, then run make again."
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge 20 ] || { echo "Node.js $major is too old: 20 or newer is needed (https://nodejs.org)." >&2; exit 1; }
