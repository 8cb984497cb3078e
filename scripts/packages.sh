#!/usr/bin/env bash
# Installs the Debian packages of the named groups that are missing; see packages.txt.
# With root or passwordless sudo it installs; otherwise it prints the command and stops.
set -euo pipefail
list="$(dirname "$0")/packages.txt"

# A name that ends in `*` stands for the highest version that apt knows.
newest() {
  case "$1" in
    *'*') apt-cache --names-only search "^${1%\*}[0-9]+$" | awk '{print $1}' | sort -V | tail -1 ;;
    *) echo "$1" ;;
  esac
}

missing=()
for group in "$@"; do
  while read -r name package _; do
    [ "$name" = "$group" ] || continue
    package=$(newest "$package")
    [ -n "$package" ] || continue
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done <"$list"
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]} (Debian's names). Install them with this system's package manager, then run make again." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then as=()
elif sudo -n true 2>/dev/null; then as=(sudo -n)
else
  echo "Debian packages are missing. Run this, then make again:" >&2
  echo "  sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "Installing Debian packages: ${missing[*]}"
install() {
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
}
install 2>/dev/null || { "${as[@]}" apt-get update >/dev/null && install; }
