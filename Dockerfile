# The image of DutyBot: what it needs is installed from locked hashes, and it runs as nobody in particular, on a read-only root.
FROM python:3.11-slim AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/dutybot
COPY requirements-image.lock ./
RUN /opt/dutybot/bin/pip install --require-hashes --no-deps -r requirements-image.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY skills skills
COPY knowledge knowledge
COPY prompts prompts
RUN pip install hatchling==1.27.0 \
 && pip wheel --no-deps --no-build-isolation --wheel-dir /build/wheel . \
 && /opt/dutybot/bin/pip install --no-deps /build/wheel/*.whl \
 && /opt/dutybot/bin/pip uninstall --yes pip setuptools \
 && /opt/dutybot/bin/python -m compileall -q -j 0 /opt/dutybot/lib/python3.11/site-packages/bot

FROM python:3.11-slim
LABEL org.opencontainers.image.title="DutyBot" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 dutybot \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dutybot \
 && install -d -o 10001 -g 10001 /var/lib/dutybot
COPY --from=build /opt/dutybot /opt/dutybot
ENV PATH=/opt/dutybot/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp MPLCONFIGDIR=/tmp \
    HTTP_HOST=0.0.0.0 HTTP_PORT=8080 \
    DUTYBOT_DATABASE_URL=sqlite:////var/lib/dutybot/dutybot.sqlite \
    DUTYBOT_LEDGER_PATH=/var/lib/dutybot/audit.jsonl \
    KNOWLEDGE_FOLDER=/var/lib/dutybot/knowledge
USER 10001:10001
WORKDIR /var/lib/dutybot
VOLUME /var/lib/dutybot
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["dutybot"]
CMD ["run"]
