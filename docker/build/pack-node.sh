#!/bin/sh
# Copies this image's Node into the folder $1, so that it runs on any base at $1.
set -eu
/build/pack-program.sh "$(command -v node)" "$1"
"$1/bin/node" --version
