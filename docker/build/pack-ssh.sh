#!/bin/sh
# Packs ssh, and what makes its key and known_hosts, into the folder $1; links for PATH into /build/links.
set -eu
mkdir -p /build/links
for name in ssh ssh-keygen ssh-keyscan; do
  /build/pack-program.sh "$(command -v "$name")" "$1"
  ln -s "$1/bin/$name" "/build/links/$name"
done
"$1/bin/ssh" -V
