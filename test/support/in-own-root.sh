#!/bin/sh
# Runs a command in a root folder of its own, in which there is an /app/data: Uptime Kuma's embedded MariaDB has no other
# place. All else is the machine's. To be run in a mount namespace of its own; what is mounted ends with that.
# usage: in-own-root.sh EMPTY-FOLDER DATA-FOLDER COMMAND...
set -eu
root=$1 data=$2
shift 2
mount --make-rprivate /
mount -t tmpfs -o mode=755 own-root "$root"
for entry in /*; do
  if [ -L "$entry" ]; then cp -P "$entry" "$root$entry"; continue; fi
  [ -d "$entry" ] || continue
  mkdir "$root$entry"
  mount --rbind "$entry" "$root$entry"
done
mkdir -p "$root/app/data"
mount --bind "$data" "$root/app/data"
# Kuma runs its server as this user, number 1000 in its image; the first entry of a number names it.
{ echo 'node:x:1000:1000::/home/node:/bin/sh'; cat /etc/passwd; } >"$root/passwd"
{ echo 'node:x:1000:'; cat /etc/group; } >"$root/group"
mount --bind "$root/passwd" "$root/etc/passwd"
mount --bind "$root/group" "$root/etc/group"
exec chroot "$root" "$@"
