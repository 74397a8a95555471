# The images of Sotto, one target a program: gateway, queue, auth, notification, standalone (all of them in one process) and
# cli. How to build and check them, and how large they are: docker/README.md.
#
#   docker build --target standalone --tag localhost/sotto-standalone .
ARG BASE_IMAGE=docker.io/library/debian:bookworm-slim
# Where the programs come from: `compiled` here, or `prebuilt` on a Debian 12 machine, in build/container/
# (scripts/gather-programs).
ARG PROGRAMS=compiled

FROM ${BASE_IMAGE} AS compiled
WORKDIR /source
COPY scripts/install-packages scripts/
RUN scripts/install-packages build package
COPY . .
# Objects of earlier builds are kept in a cache of the builder. CCACHE_DIR names another place that is mounted.
ARG CCACHE_DIR=/var/cache/ccache
RUN --mount=type=cache,target=/var/cache/ccache \
    scripts/build release bin/sotto bin/sotto-auth bin/sotto-gateway bin/sotto-notification bin/sotto-queue bin/sotto-server \
    && scripts/gather-programs build/release/bin build/container

FROM ${BASE_IMAGE} AS prebuilt
COPY build/container /source/build/container

# The default once more: buildah 1.28 and its podman look for the stage before they know that of the ARG.
FROM ${PROGRAMS:-compiled} AS programs

# What all images share: the libraries, the user, `sotto`.
FROM ${BASE_IMAGE} AS platform
COPY --from=programs /source/build/container/depends-platform /usr/share/sotto/
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get satisfy -y --no-install-recommends "ca-certificates, $(cat /usr/share/sotto/depends-platform)" \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old \
    && useradd --system --uid 65532 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin sotto \
    && install -d -o sotto -g sotto -m 0750 /etc/sotto /etc/sotto/identity /etc/sotto/ca-key /etc/sotto/access \
       /etc/sotto/platform-key /etc/sotto/database /etc/sotto/redis /etc/sotto/grafana /var/lib/sotto /run/sotto
COPY --from=programs /source/build/container/bin/sotto /usr/bin/
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.vendor="Sotto" \
      org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
USER 65532:65532
WORKDIR /

FROM platform AS cli
LABEL org.opencontainers.image.title="sotto" \
      org.opencontainers.image.description="Command line of Sotto, a server platform for the SimpleX Messaging Protocol"
ENTRYPOINT ["/usr/bin/sotto"]
CMD ["--help"]

FROM platform AS gateway
COPY --from=programs /source/build/container/bin/sotto-gateway /usr/bin/
LABEL org.opencontainers.image.title="sotto-gateway" \
      org.opencontainers.image.description="SMP gateway of the Sotto platform: serves clients, keeps nothing"
ENV SOTTO_METRICS_LISTEN=0.0.0.0:9090
EXPOSE 5223 443 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/sotto", "healthcheck"]
ENTRYPOINT ["/usr/bin/sotto-gateway"]

FROM platform AS queue
COPY --from=programs /source/build/container/bin/sotto-queue /usr/bin/
LABEL org.opencontainers.image.title="sotto-queue" \
      org.opencontainers.image.description="Queue service of the Sotto platform: queues and messages in PostgreSQL"
ENV SOTTO_LISTEN=0.0.0.0:7450 \
    SOTTO_METRICS_LISTEN=0.0.0.0:9090
EXPOSE 7450 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/sotto", "healthcheck"]
ENTRYPOINT ["/usr/bin/sotto-queue"]

FROM platform AS auth
COPY --from=programs /source/build/container/bin/sotto-auth /usr/bin/
LABEL org.opencontainers.image.title="sotto-auth" \
      org.opencontainers.image.description="Auth service of the Sotto platform: passwords, policy and audit in PostgreSQL"
ENV SOTTO_LISTEN=0.0.0.0:7451 \
    SOTTO_METRICS_LISTEN=0.0.0.0:9090
EXPOSE 7451 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/sotto", "healthcheck"]
ENTRYPOINT ["/usr/bin/sotto-auth"]

FROM platform AS notification
COPY --from=programs /source/build/container/bin/sotto-notification /usr/bin/
LABEL org.opencontainers.image.title="sotto-notification" \
      org.opencontainers.image.description="Notification service of the Sotto platform: notifications in Redis until somebody listens"
ENV SOTTO_LISTEN=0.0.0.0:7452 \
    SOTTO_METRICS_LISTEN=0.0.0.0:9090
EXPOSE 7452 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/sotto", "healthcheck"]
ENTRYPOINT ["/usr/bin/sotto-notification"]

FROM platform AS standalone
USER root
COPY --from=programs /source/build/container/depends-standalone /usr/share/sotto/
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get satisfy -y --no-install-recommends "$(cat /usr/share/sotto/depends-standalone)" \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log /var/cache/debconf/*-old
COPY --from=programs /source/build/container/bin/sotto-server /usr/bin/
LABEL org.opencontainers.image.title="sotto-server" \
      org.opencontainers.image.description="SMP server in one process, with embedded storage"
ENV SOTTO_METRICS_LISTEN=0.0.0.0:9090
EXPOSE 5223 443 9090
USER 65532:65532
VOLUME /var/lib/sotto
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/sotto", "healthcheck"]
ENTRYPOINT ["/usr/bin/sotto-server"]
