# syntax=docker/dockerfile:1
# One image for every process: `docker run pro-collector run worker`, `... migrate`, `... --help`.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements requirements
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/build && python -m venv --without-pip /opt/pro-collector && \
    /opt/build/bin/pip install --require-hashes -r requirements/build.txt && \
    /opt/build/bin/pip --python /opt/pro-collector install --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY pro_collector pro_collector
COPY scheduler scheduler
COPY schemas schemas
COPY templates templates
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation -w /opt/wheel . && \
    /opt/build/bin/pip --python /opt/pro-collector install --no-deps /opt/wheel/*.whl

FROM python:3.11-slim-bookworm
COPY --from=build /opt/pro-collector /opt/pro-collector
ENV PATH=/opt/pro-collector/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["pro-collector"]
CMD ["--help"]
