#!/usr/bin/env bash
# Fetches the mail servers that tests start and that can't stand beside each other as Debian packages: Cyrus, Courier and GNU
# Mailutils are unpacked into a private folder, pymap gets an environment of its own. nginx and Caddy, whose packages would start
# them, are there too. Nothing is installed, nothing of it runs by itself. What is there is kept: `rm -r` the folder to fetch again.
# With REQUIRE_SERVERS=1 a server that can't be fetched is a failure; else the tests name it as missing.
set -uo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
base="${XDG_CACHE_HOME:-$HOME/.cache}/waypost/servers"
mkdir -p "$base"
# Two runs at once would unpack into each other.
exec 9>"$base/lock"
flock 9 2>/dev/null || true

# Each list: the packages of the server, then libraries that a machine may lack.
declare -A packages=(
  [cyrus]="cyrus-common cyrus-imapd cyrus-pop3d cyrus-admin sasl2-bin libsasl2-2 libsasl2-modules libsasl2-modules-db
    libcyrus-imap-perl libical3 libxapian30 libclamav12 libmspack0 libpcre3 libzephyr4 libhesiod0 libwrap0 libnsl2 libjansson4 libeatmydata1"
  [courier]="courier-imap courier-pop courier-base courier-authlib courier-authdaemon courier-authlib-userdb
    libcourier-unicode4 gamin libgamin0 libpcre3 libltdl7 libidn12 libgdbm6"
  [mailutils]="mailutils-imap4d mailutils-pop3d mailutils-common libmailutils9 libmu-dbm9 libgsasl18 libgssglue1 libntlm0 libmariadb3
    libidn12 liblzo2-2 libwrap0 libnsl2 libgdbm6 libltdl7 libkyotocabinet16v5"
  [nginx]="nginx"
  [caddy]="caddy"
)
# A program of each: whether its libraries are found says whether the list is whole.
declare -A programs=([cyrus]=usr/lib/cyrus/bin/imapd [courier]=usr/bin/couriertls [mailutils]=usr/sbin/pop3d
  [nginx]=usr/sbin/nginx [caddy]=usr/bin/caddy)
pymap="pymap==0.36.7 pysasl==1.2.0 proxy-protocol==0.11.3"

# Packages of a list that this system's apt knows: libraries come and go between releases.
known() {
  apt-cache policy $1 2>/dev/null | awk '/^[^ ]/ {name = $1} /Candidate: [^(]/ {sub(/:$/, "", name); print name}'
}

unpack() {
  local server=$1 folder="$base/$1" work list file
  list=$(echo ${packages[$server]})
  [ "$(cat "$folder/PACKAGES" 2>/dev/null)" = "$list" ] && return 0
  command -v apt-get >/dev/null || { echo "it is fetched from Debian's packages, and there is no apt-get"; return 1; }
  echo "Fetching $server" >&2
  work=$(mktemp -d "$base/$server.XXXXXX") || return 1
  mkdir "$work/debs" "$work/root"
  (cd "$work/debs" && apt-get -o APT::Sandbox::User=root -qq download $(known "$list")) >/dev/null 2>&1 ||
    { "${root[@]}" apt-get -qq update && cd "$work/debs" && apt-get -o APT::Sandbox::User=root -qq download $(known "$list"); } >/dev/null 2>&1
  for file in "$work"/debs/*.deb; do
    [ -f "$file" ] && dpkg -x "$file" "$work/root" || { echo "apt-get download failed"; rm -r "$work"; return 1; }
  done
  # Libraries of /lib and /usr/lib in one place, as on a merged system.
  [ ! -d "$work/root/lib" ] || { cp -a "$work/root/lib/." "$work/root/usr/lib/" && rm -r "$work/root/lib"; }
  rm -rf "$work/root/usr/share/doc" "$work/root/usr/share/man" "$work/root/usr/share/locale" "$work/root/usr/lib/systemd"
  if [ ! -e "$work/root/${programs[$server]}" ]; then
    echo "Debian's packages here have no ${programs[$server]}"; rm -r "$work"; return 1
  fi
  missing=$(LD_LIBRARY_PATH=$(libraries "$work/root") ldd "$work/root/${programs[$server]}" 2>/dev/null | awk '/not found/ {print $1}' | xargs)
  if [ -n "$missing" ]; then
    echo "libraries are missing: $missing"; rm -r "$work"; return 1
  fi
  # Its first package names the version, as in courier-imap_5.0.13+1.0.16-3_amd64.deb.
  ls "$work/debs" | grep "^${list%% *}_" | cut -d_ -f2 | sed 's/%3a/:/; s/^[0-9]*://' >"$work/root/VERSION"
  echo "$list" >"$work/root/PACKAGES"
  chmod 755 "$work/root"
  rm -rf "$folder" && mv "$work/root" "$folder" && rm -r "$work"
}

libraries() {
  [ ! -d "$1/usr/lib" ] || find "$1/usr/lib" -maxdepth 2 -type d \( -name '*-linux-gnu*' -o -name cyrus -o -name courier-authlib -o -name mailutils \) | paste -sd: -
}

environment() {
  local folder="$base/pymap" python
  [ "$(cat "$folder/PACKAGES" 2>/dev/null)" = "$pymap" ] && return 0
  echo "Fetching pymap" >&2
  rm -rf "$folder"
  if ! python3 -m venv "$folder" >/dev/null 2>&1; then
    "$here/packages.sh" servers >&2
    python=$(PATH=/usr/bin:$PATH command -v python3) || { echo "there is no python3"; return 1; }
    "$python" -m venv "$folder" >/dev/null 2>&1 || { echo "python3 -m venv failed"; return 1; }
  fi
  "$folder/bin/pip" install --quiet --disable-pip-version-check $pymap >/dev/null 2>&1 ||
    { echo "pip install $pymap failed"; rm -rf "$folder"; return 1; }
  "$folder/bin/pymap" --version | awk '{print $NF}' >"$folder/VERSION"
  echo "$pymap" >"$folder/PACKAGES"
}

root=()
[ "$(id -u)" = 0 ] || root=(sudo -n)
failed=0
for server in cyrus courier mailutils nginx caddy; do
  why=$(unpack "$server") || { echo "$server could not be fetched: $why" >&2; failed=1; }
done
why=$(environment) || { echo "pymap could not be fetched: $why" >&2; failed=1; }
if [ "${REQUIRE_SERVERS:-}" = 1 ]; then exit "$failed"; fi
