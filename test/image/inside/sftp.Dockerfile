# An SFTP server for the image's test: takes the key /ssh/key.pub for root.
FROM node:22-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssh-server && mkdir -p /run/sshd /srv/kuma
ENTRYPOINT ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-o", "AuthorizedKeysFile=/ssh/key.pub", "-o", "StrictModes=no", "-o", "PasswordAuthentication=no", "-o", "Subsystem=sftp internal-sftp"]
