#!/usr/bin/env bash
# Runs cargo-deny, built once into the user's cache so that no clean build pays for it again.
set -euo pipefail
version=0.20.2
cache="${XDG_CACHE_HOME:-$HOME/.cache}/waypost/cargo-deny-$version"
deny="$cache/bin/cargo-deny"
if [ ! -x "$deny" ]; then
  echo "Building cargo-deny $version once; this takes some minutes"
  cargo install cargo-deny --version "$version" --locked --quiet --root "$cache"
fi
"$deny" --log-level error check bans licenses sources

# Advisories need their database from the network: checked where it can be fetched, said where it can't.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "$deny" --log-level error check advisories 2>"$log"; then
  if grep -qiE 'fail.*(fetch|clone)|unable to (fetch|clone)|connect|resolve host' "$log"; then
    echo "Advisories were not checked: their database can't be fetched from here."
  else
    cat "$log" >&2
    exit 1
  fi
fi
