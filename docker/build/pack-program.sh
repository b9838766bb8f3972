#!/bin/sh
# Copies the program $1 into the folder $2, with the C library it was made for, so that it runs on any base at $2.
set -eu
program=$1 to=$2
name=$(basename "$program")
mkdir -p "$to/bin" "$to/lib"
# Modules of Node find its symbols in a table that strip leaves alone; Debian's own programs are stripped already.
strip -o "$to/bin/$name" "$program" 2>/dev/null || cp "$program" "$to/bin/$name"
# Every library, and the loader, which ldd names by its path alone.
ldd "$program" | grep -o '/[^ ]*' | xargs -I{} cp -L {} "$to/lib/"
loader=$(basename "$(patchelf --print-interpreter "$program")")
patchelf --set-interpreter "$to/lib/$loader" --force-rpath --set-rpath "$to/lib" "$to/bin/$name"
