#!/bin/sh
# Leaves of the installed packages what a running program reads. In the program's folder, after npm prune.
set -eu
cd node_modules
# SQLite's sources and the compiler's leftovers: all but the module, its JavaScript, and its licence.
find better-sqlite3 -mindepth 1 -maxdepth 1 ! -name build ! -name lib ! -name package.json ! -name LICENSE -exec rm -rf {} +
find better-sqlite3/build -type f ! -name better_sqlite3.node -delete
find better-sqlite3/build -type d -empty -delete
strip --strip-unneeded better-sqlite3/build/Release/better_sqlite3.node
find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete
