#!/bin/sh
# Runs a command in a root folder of its own, in which a folder is at another path; all else is the machine's. To be run in
# a mount namespace of its own: what is mounted ends with that.
# usage: at-path.sh EMPTY-FOLDER FOLDER PATH COMMAND...
set -eu
root=$1 folder=$2 path=$3
shift 3
mount --make-rprivate /
mount -t tmpfs -o mode=755 at-path "$root"
for entry in /*; do
  if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"; continue; fi
  [ -d "$entry" ] || continue
  mkdir "$root$entry"
  mount --rbind "$entry" "$root$entry"
done
mkdir -p "$root$path"
mount --bind "$folder" "$root$path"
exec chroot "$root" "$@"
