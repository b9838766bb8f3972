# Uptime Kuma's own image, with Replicator Kuma as its PID 1.
#   docker build -t replicator-kuma .
#   docker build -t replicator-kuma:2-rootless --build-arg KUMA_IMAGE=louislam/uptime-kuma:2-rootless .
#   docker build -t replicator-kuma:1 --build-arg KUMA_IMAGE=louislam/uptime-kuma:1 .
#   docker build -t replicator-kuma --build-arg RCLONE=image .     # with rclone, 60 MB more, for rclone: repositories

ARG KUMA_IMAGE=louislam/uptime-kuma:2
# Node and Debian releases of the 2.x images, so that there our native modules run on the Node that is there already.
ARG NODE_IMAGE=node:22-bookworm-slim
# image: from restic/restic:RESTIC_VERSION. apt: that of NODE_IMAGE's Debian, where that image cannot be had.
ARG RESTIC_FROM=image
ARG RESTIC_VERSION=0.19.1
# none; image: from rclone/rclone:RCLONE_VERSION; apt: that of NODE_IMAGE's Debian, where that image cannot be had.
ARG RCLONE=none
ARG RCLONE_VERSION=1.71

FROM restic/restic:${RESTIC_VERSION} AS restic-image

FROM ${NODE_IMAGE} AS restic-apt
RUN apt-get update && apt-get install -y --no-install-recommends restic

FROM restic-${RESTIC_FROM} AS restic

FROM ${NODE_IMAGE} AS rclone-none
RUN mkdir /rclone

FROM rclone/rclone:${RCLONE_VERSION} AS rclone-image
RUN mkdir /rclone && cp /usr/local/bin/rclone /rclone/

FROM ${NODE_IMAGE} AS rclone-apt
RUN apt-get update && apt-get install -y --no-install-recommends rclone && mkdir /rclone && cp /usr/bin/rclone /rclone/

FROM rclone-${RCLONE} AS rclone

# For sftp: repositories. With its libraries, 12 MB: what the bases have differs, and buster's is not to be had any more.
FROM ${NODE_IMAGE} AS ssh
RUN apt-get update && apt-get install -y --no-install-recommends openssh-client patchelf && rm -rf /var/lib/apt/lists/*
COPY docker/build/pack-program.sh docker/build/pack-ssh.sh /build/
RUN /build/pack-ssh.sh /opt/replicator-kuma/ssh

FROM ${NODE_IMAGE} AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ patchelf && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/replicator-kuma
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund
COPY patches patches
COPY docker/build /build
# Drops what only a compiler needs; packs this Node with its C library, for a base that has an older one.
RUN /build/trim.sh && /build/pack-node.sh /opt/replicator-kuma/node && rm -rf src scripts tsconfig.json package-lock.json

# The base with our program, and the patch in it. Kuma's files belong to whoever the base says: root alone may change them.
FROM ${KUMA_IMAGE} AS patched
USER root
COPY --from=build /opt/replicator-kuma /opt/replicator-kuma
COPY docker/build/choose-node.sh /build/
COPY docker/replicator-kuma /usr/local/bin/
RUN /build/choose-node.sh && replicator-kuma patch /app
# Where the compose file mounts a volume for a repository, so that whoever the base's user is can write there. COPY keeps
# the mode of what is in a folder, not the folder's own.
RUN mkdir /volumes && mkdir -m 1777 /volumes/repository

# Nothing runs here, files are added: the base's user, working folder, port, volume and environment stay as they are.
FROM ${KUMA_IMAGE}
ARG KUMA_IMAGE
LABEL org.opencontainers.image.title="Replicator Kuma" \
      org.opencontainers.image.description="Uptime Kuma, with the same configuration on every instance" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="${KUMA_IMAGE}"
COPY --from=restic /usr/bin/restic /usr/local/bin/
COPY --from=rclone /rclone /usr/local/bin/
COPY --from=patched /opt/replicator-kuma /opt/replicator-kuma
COPY --from=ssh /opt/replicator-kuma/ssh /opt/replicator-kuma/ssh
COPY --from=ssh /build/links /usr/local/bin/
COPY --from=patched /usr/local/bin/replicator-kuma /usr/local/bin/
COPY --from=patched /app/server /app/server
COPY --from=patched /volumes /
STOPSIGNAL SIGTERM
# As the base's own, but for what is asked: a stop for an apply is healthy.
HEALTHCHECK --interval=60s --timeout=30s --start-period=180s --retries=5 CMD ["replicator-kuma", "health"]
ENTRYPOINT ["replicator-kuma"]
CMD []
