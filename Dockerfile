# GAN Atelier for strangers, on a processor: `docker build -t atelier . && docker run -p 8501:8501 atelier`.
# TORCH_INDEX names a package index with CPU builds of torch, a tenth of the size; without it the usual builds come.
# At run time only /cache is written, so `--read-only --tmpfs /cache` is fine.
FROM python:3.12-slim

ARG TORCH_INDEX=

RUN useradd --create-home --uid 1000 atelier \
    && install --directory --owner=atelier /cache

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

COPY . .
# Files keep the permissions that they have where this is built, and there they may be one person's own.
RUN find . ! -perm -a+r -exec chmod a+rX {} + \
    && python -m compileall -q gan_core pages streamlit_app.py \
    && python -m gan_core check

# One pool of memory instead of one a core, given back when free: half a free host's memory is at stake.
ENV HOME=/cache \
    TMPDIR=/cache \
    HF_HOME=/cache/huggingface \
    MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PORT=8501

USER 1000
VOLUME /cache
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/_stcore/health', timeout=4)"]

CMD ["sh", "-c", "exec python -m gan_core app --hosted --port \"$PORT\""]
