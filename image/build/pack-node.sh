#!/bin/sh
# Copies this image's Node into the folder $1, with the C library it was made for, so that it runs on any base at $1.
set -eu
node=$(command -v node)
mkdir -p "$1/bin" "$1/lib"
# Modules find Node's symbols in a table that strip leaves alone.
strip -o "$1/bin/node" "$node"
# Every library, and the loader, which ldd names by its path alone.
ldd "$node" | grep -o '/[^ ]*' | xargs -I{} cp -L {} "$1/lib/"
loader=$(basename "$(patchelf --print-interpreter "$node")")
patchelf --set-interpreter "$1/lib/$loader" --force-rpath --set-rpath "$1/lib" "$1/bin/node"
"$1/bin/node" --version
