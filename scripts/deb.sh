#!/usr/bin/env bash
# Builds the Debian package of the gateway, with the app in the program: target/deb/waypost-gateway_VERSION_ARCH.deb. What is in it
# stands in target/deb/root too, where the Dockerfile takes the program from. With --try the package is taken apart again and its
# program is run. BINARY names a program that was built already.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
architecture=$(dpkg --print-architecture)
root=target/deb/root
package=target/deb/waypost-gateway_${version}_$architecture.deb

build() {
  cargo build --locked --release --quiet -p waypost-gateway --features app
  BINARY=target/release/waypost-gateway
}

# A file of the package, readable by everybody: put NAME <what
put() {
  mkdir -p "$root/$(dirname "$1")"
  cat >"$root/$1"
  chmod 644 "$root/$1"
}

fill() {
  local program=usr/bin/waypost-gateway completions
  rm -rf "$root"
  put $program <"$BINARY"
  strip "$root/$program"
  chmod 755 "$root/$program"
  # The app is in the program, so its folder is an example here.
  sed 's/^app_dir = /# app_dir = /' gateway/gateway.example.toml | put etc/waypost/gateway.toml
  for unit in gateway/deploy/*.service gateway/deploy/*.socket; do
    [ ! -f "$unit" ] || put "usr/lib/systemd/system/$(basename "$unit")" <"$unit"
  done
  "$root/$program" man | gzip -9n | put usr/share/man/man8/waypost-gateway.8.gz
  "$root/$program" completions bash | put usr/share/bash-completion/completions/waypost-gateway
  "$root/$program" completions zsh | put usr/share/zsh/vendor-completions/_waypost-gateway
  "$root/$program" completions fish | put usr/share/fish/vendor_completions.d/waypost-gateway.fish
  put usr/share/doc/waypost-gateway/GATEWAY.md <docs/GATEWAY.md
  put usr/share/doc/waypost-gateway/grafana.json <gateway/deploy/grafana.json
  cat LICENSE-MIT LICENSE-APACHE | put usr/share/doc/waypost-gateway/copyright
}

describe() {
  local libc
  libc=$(dpkg-query -W -f '${Version}' libc6 | sed 's/-.*//')
  put DEBIAN/control <<END
Package: waypost-gateway
Version: $version
Architecture: $architecture
Maintainer: Waypost <waypost@users.noreply.github.com>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: libc6 (>= $libc), libgcc-s1, ca-certificates, procps
Section: mail
Priority: optional
Homepage: https://github.com/waypost/waypost
Description: lets a web page reach mail servers
 WebSocket in, TCP or TLS to a mail server out. It serves the Waypost web app
 and stores nothing. After the installation it listens on this machine only,
 once it is started: systemctl enable --now waypost-gateway.
END
  echo /etc/waypost/gateway.toml | put DEBIAN/conffiles
  put DEBIAN/postinst <<'END'
#!/bin/sh
set -e
# A newer version takes over where one runs; a new one waits to be configured.
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart waypost-gateway.service || true
fi
END
  put DEBIAN/prerm <<'END'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now waypost-gateway.socket waypost-gateway.service || true
fi
END
  put DEBIAN/postrm <<'END'
#!/bin/sh
set -e
if [ "$1" != upgrade ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
fi
END
  chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
}

# Takes the package apart somewhere else and runs what is in it.
try() {
  local there log address=""
  there=$(mktemp -d)
  log=$there/log
  trap 'kill "${running:-}" 2>/dev/null || true; rm -rf "'"$there"'"' EXIT
  dpkg-deb -x "$package" "$there"
  local program=$there/usr/bin/waypost-gateway
  "$program" check-config --config "$there/etc/waypost/gateway.toml"
  for file in etc/waypost/gateway.toml usr/lib/systemd/system/waypost-gateway.service usr/lib/systemd/system/waypost-gateway.socket usr/share/man/man8/waypost-gateway.8.gz \
    usr/share/bash-completion/completions/waypost-gateway usr/share/zsh/vendor-completions/_waypost-gateway \
    usr/share/fish/vendor_completions.d/waypost-gateway.fish usr/share/doc/waypost-gateway/copyright; do
    [ -s "$there/$file" ] || { echo "$file is not in the package" >&2; exit 1; }
  done
  bash -n "$there/usr/share/bash-completion/completions/waypost-gateway"
  [ "$(stat -c %s "$program")" -le $((20 * 1024 * 1024)) ] || { echo "the program is larger than 20 MiB" >&2; exit 1; }
  "$program" --config "$there/etc/waypost/gateway.toml" --listen 127.0.0.1:0 >"$log" &
  running=$!
  for _ in $(seq 100); do
    address=$(sed -n 's/.*listens on \(http:[^ ]*\) .*/\1/p' "$log")
    [ -z "$address" ] || break
    sleep 0.1
  done
  node -e 'fetch(process.argv[1]).then(async (answer) => { if (answer.status !== 200 || !(await answer.text()).includes("<title>Waypost</title>")) throw new Error(`status ${answer.status}`); })' "$address"
  kill -TERM "$running"
  wait "$running"
  echo "The package serves the app from $(stat -c %s "$program") octets of program."
}

[ -n "${BINARY:-}" ] || build
fill
describe
dpkg-deb --root-owner-group --build "$root" "$package" >/dev/null
echo "$package"
[ "${1:-}" != --try ] || try
