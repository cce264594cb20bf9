# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libclang-dev libpq-dev libssl-dev libxmlsec1-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches stay on the building machine, so a change of ours compiles only ours again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --bin vestibule \
    && cp target/release/vestibule /usr/local/bin/vestibule

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libpq5 libssl3 libxml2 libxmlsec1-openssl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/vestibule --create-home --shell /usr/sbin/nologin vestibule
COPY --from=build /usr/local/bin/vestibule /usr/local/bin/vestibule

# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
# SQLite and the master key of a trial are in ./data; a volume keeps them.
WORKDIR /var/lib/vestibule
VOLUME /var/lib/vestibule
ENV VESTIBULE_LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["vestibule", "healthcheck"]
ENTRYPOINT ["vestibule"]
CMD ["serve"]
