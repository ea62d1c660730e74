# briefqa as a service: no PyTorch, no root, nothing downloaded when it runs.
# How to use it: docs/how-to/run-in-a-container.md

ARG PYTHON=3.11.15-slim-bookworm

FROM python:${PYTHON} AS build
# uv finds the CPU build of PyTorch, which only this stage needs.
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /build
COPY pyproject.toml constraints.txt ./
COPY scripts/image.py scripts/
RUN python scripts/image.py dependencies /opt/briefqa
COPY LICENSE ./
COPY src src
RUN python scripts/image.py program /opt/briefqa
RUN python scripts/image.py model /opt/briefqa
RUN python scripts/image.py slim /opt/briefqa

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="briefqa" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 briefqa \
    && useradd --system --uid 10001 --gid briefqa --home-dir /nonexistent --no-create-home briefqa \
    && install --directory --owner=briefqa --group=briefqa /index \
    && install --directory /seeds /etc/briefqa
COPY --from=build /opt/briefqa /opt/briefqa
ENV PATH=/opt/briefqa/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    BRIEFQA_INDEX=/index \
    BRIEFQA_SERVER__HOST=0.0.0.0
# briefqa.toml may be mounted here.
WORKDIR /etc/briefqa
USER 10001:10001
VOLUME /index
EXPOSE 8321
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --start-interval=1s \
    CMD ["python", "-c", "import os, urllib.request; port = os.environ.get('BRIEFQA_SERVER__PORT', '8321'); urllib.request.urlopen(f'http://127.0.0.1:{port}/health', timeout=4)"]
ENTRYPOINT ["briefqa"]
CMD ["serve"]
