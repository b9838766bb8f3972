#!/bin/sh
# In the base: uses its Node when our native modules run on it, else the one packed in node/. The 1.x images have
# Node 18 on Debian buster: too old for the modules, and for the C library that they and a newer Node are made for.
set -eu
cd /opt/replicator-kuma
if node -e 'new (require("better-sqlite3"))(":memory:"); require("koffi").load(null)' 2>/dev/null; then
  rm -rf node && mkdir -p node/bin && ln -s "$(command -v node)" node/bin/node
fi
echo "Replicator Kuma runs on $(readlink -f node/bin/node) $(node/bin/node --version)"
