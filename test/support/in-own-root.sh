#!/bin/sh
# Runs a command in a root folder of its own, in which there is an /app/data: Uptime Kuma's embedded MariaDB has no other
# place. See at-path.sh. Kuma runs its server as the user node, number 1000 in its image; the first entry of a number names it.
# usage: in-own-root.sh EMPTY-FOLDER DATA-FOLDER COMMAND...
set -eu
root=$1 data=$2
shift 2
exec sh "$(dirname "$0")/at-path.sh" "$root" "$data" /app/data sh -euc '
  { echo "node:x:1000:1000::/home/node:/bin/sh"; cat /etc/passwd; } >/passwd
  { echo "node:x:1000:"; cat /etc/group; } >/group
  mount --bind /passwd /etc/passwd
  mount --bind /group /etc/group
  exec "$@"' sh "$@"
