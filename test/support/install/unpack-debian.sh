#!/usr/bin/env bash
# Unpacks packages of another Debian release into a folder, without installing anything on this machine. Where they are
# fetched from is what this machine's own apt sources say. Fails with one line that says what cannot be had.
#   unpack-debian.sh SUITE FOLDER PACKAGE...            these alone
#   unpack-debian.sh SUITE FOLDER --whole PACKAGE...    with all that they need: a root folder for chroot
set -euo pipefail
suite=$1 root=$2
shift 2
say_no() { echo "$* of Debian's $suite cannot be had here: $reason." >&2; exit 1; }
reason="no apt-get"
command -v apt-get >/dev/null || say_no "$@"

own() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1; }
uri=$(own)
if [[ -z $uri ]]; then timeout 120 apt-get -qq update >/dev/null 2>&1 || true; uri=$(own); fi
reason="no Debian among the apt sources"
[[ -n $uri ]] || say_no "$@"

# Lists and cache of its own, so that the machine's apt does not know of it.
apt=$(mktemp --directory)
trap 'rm -rf "$apt"' EXIT
mkdir -p "$apt"/{lists/partial,cache/archives/partial,empty} "$root"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" >"$apt/sources.list"
options=(
  -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/empty"
  -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root
  -o Acquire::Languages=none -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
)
reason="its list cannot be fetched"
timeout 180 apt-get "${options[@]}" update >/dev/null 2>&1 || say_no "$@"
reason="it cannot be fetched"
if [[ $1 == --whole ]]; then
  shift
  # With the state of an empty machine, so that nothing counts as installed.
  touch "$apt/status"
  options+=(-o Dir::State::status="$apt/status" --yes --no-install-recommends --download-only)
  timeout 400 apt-get "${options[@]}" install base-files "$@" >/dev/null 2>&1 || say_no "$@"
else
  (cd "$apt/cache/archives" && timeout 180 apt-get "${options[@]}" download "$@") >/dev/null 2>&1 || say_no "$@"
fi
# First what has the links from /lib to /usr/lib.
for package in "$apt"/cache/archives/base-files_*.deb "$apt"/cache/archives/*.deb; do
  if [[ -f $package ]]; then dpkg-deb --extract "$package" "$root"; fi
done
