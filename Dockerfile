# syntax=docker/dockerfile:1

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /app
COPY requirements.lock ./
RUN /app/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml LICENSE NOTICE ./
COPY service service
COPY cds_hooks cds_hooks
COPY schemas schemas
RUN /app/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home legtriage
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER legtriage
WORKDIR /home/legtriage
# The default database is SQLite under var/ here: mount a volume on it, or set LEGTRIAGE_DATABASE_URL.
RUN mkdir var
EXPOSE 8000
# LEGTRIAGE_AUTH=open, the default that needs no settings, binds loopback only, so a container cannot serve
# with it. Run with LEGTRIAGE_AUTH=required and the settings that go with it: LEGTRIAGE_SECRET_KEY,
# LEGTRIAGE_PUBLIC_URLS and LEGTRIAGE_TRUSTED_CLIENTS.
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["legtriage", "serve", "--host", "0.0.0.0", "--port", "8000"]
