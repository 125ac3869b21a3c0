# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /app
COPY requirements.lock ./
RUN /app/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY service service
COPY cds_hooks cds_hooks
COPY schemas schemas
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
# What lays out the leaflets as PDF, and a font to write them in.
RUN apt-get update && apt-get install -y --no-install-recommends \
        libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home legtriage
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER legtriage
WORKDIR /home/legtriage
# While nobody has to prove who they are it listens on loopback only, and a published port would lead nowhere. Run it
# with `docker run --network host`: it is then on 127.0.0.1:8000 of the host and of nobody else. The database, the spool
# and the secret are below var/, in a volume.
RUN mkdir var
VOLUME /home/legtriage/var
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["legtriage", "serve", "--host", "127.0.0.1", "--port", "8000"]
