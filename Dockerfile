# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/lore
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY constraints.txt .
# From PyTorch's own index, as the default torch for Linux brings CUDA.
RUN /opt/lore/bin/pip install --no-deps --index-url https://download.pytorch.org/whl/cpu "$(grep '^torch==' constraints.txt)"
COPY pyproject.toml README.md LICENSE ./
COPY alembic alembic
COPY bot bot
COPY ingestion ingestion
COPY learning learning
COPY playground playground
COPY storage storage
RUN /opt/lore/bin/pip install --constraint constraints.txt .

FROM python:3.11-slim
# For sources that are Git repositories.
RUN apt-get update && apt-get install --yes --no-install-recommends git openssh-client && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/lore --create-home lore
COPY --from=build /opt/lore /opt/lore
ENV PATH=/opt/lore/bin:$PATH LORE_HOME=/var/lib/lore PYTHONUNBUFFERED=1
USER lore
WORKDIR /var/lib/lore
VOLUME /var/lib/lore
# `lore search` asks the `lore serve` that runs here; the first look waits until its model is loaded.
HEALTHCHECK --interval=60s --timeout=15s --start-period=120s --retries=3 \
  CMD ["lore", "search", "--json", "health"]
ENTRYPOINT ["lore"]
CMD ["serve"]
