# syntax=docker/dockerfile:1
# Uptime Kuma's own image, with Replicator Kuma as its PID 1.
#   docker build -t replicator-kuma .
#   docker build --build-arg KUMA_IMAGE=louislam/uptime-kuma:2-slim -t replicator-kuma:2-slim .
#   docker build --build-arg KUMA_IMAGE=louislam/uptime-kuma:1 --build-arg NODE_IMAGE=node:20-buster -t replicator-kuma:1 .

ARG KUMA_IMAGE=louislam/uptime-kuma:2
# Compiles the native modules, so its C library must not be newer than that of KUMA_IMAGE. The 1.x images are Debian
# buster with Node 18, too old for us: there this image's Node 20, made for buster, comes along.
ARG NODE_IMAGE=node:22-bookworm-slim
# image: from restic/restic:RESTIC_VERSION. apt: Debian's, where that image cannot be had.
ARG RESTIC_FROM=image
ARG RESTIC_VERSION=0.18.1

FROM ${KUMA_IMAGE} AS kuma

FROM restic/restic:${RESTIC_VERSION} AS restic-image

FROM ${NODE_IMAGE} AS restic-apt
RUN apt-get update && apt-get install -y --no-install-recommends restic

FROM restic-${RESTIC_FROM} AS restic

FROM ${NODE_IMAGE} AS build
# The full Node images bring the compiler, the slim ones do not.
RUN command -v g++ make python3 >/dev/null || \
    (apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*)
WORKDIR /opt/replicator-kuma
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev
COPY patches patches
# What only a compiler needs, and other platforms' binaries.
RUN sh -eu -c 'cd node_modules; \
    find better-sqlite3 -mindepth 1 -maxdepth 1 ! -name build ! -name lib ! -name package.json -exec rm -rf {} +; \
    find better-sqlite3/build -type f ! -name better_sqlite3.node -delete; \
    strip better-sqlite3/build/Release/better_sqlite3.node 2>/dev/null || true; \
    find . -name "*.map" -delete; find . -name "*.d.ts" -delete'
# Native modules run on the Node release line that they were compiled for: the base's own where it is that one.
COPY --from=kuma /usr/local/bin/node /tmp/kuma-node
RUN sh -eu -c 'mkdir bin; \
    if [ "$(/tmp/kuma-node -p process.versions.modules)" = "$(node -p process.versions.modules)" ]; \
    then ln -s /usr/local/bin/node bin/node; else cp "$(command -v node)" bin/node; fi; \
    printf "#!/bin/sh\nexec /opt/replicator-kuma/bin/node /opt/replicator-kuma/dist/cli/main.js \"\$@\"\n" >bin/replicator-kuma; \
    chmod 755 bin/replicator-kuma; rm -rf src tsconfig*.json package-lock.json'

FROM ${KUMA_IMAGE}
ARG KUMA_IMAGE
LABEL org.opencontainers.image.title="Replicator Kuma" \
      org.opencontainers.image.description="Uptime Kuma, with the same configuration on every instance" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="${KUMA_IMAGE}"
COPY --from=restic /usr/bin/restic /usr/local/bin/restic
COPY --from=build /opt/replicator-kuma /opt/replicator-kuma
# Kuma's files belong to whoever the base says; only root may change them at build.
USER root
RUN ln -s /opt/replicator-kuma/bin/replicator-kuma /usr/local/bin/replicator-kuma && replicator-kuma patch /app
STOPSIGNAL SIGTERM
ENTRYPOINT ["replicator-kuma"]
CMD []
