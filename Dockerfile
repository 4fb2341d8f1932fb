# syntax=docker/dockerfile:1
# One image for every process: `docker run pro-collector run worker`, `... migrate`, `... --help`.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/pro-collector
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY pro_collector pro_collector
COPY scheduler scheduler
COPY schemas schemas
COPY templates templates
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/pro-collector/bin/pip install --disable-pip-version-check -c constraints.txt .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/pro-collector /opt/pro-collector
ENV PATH=/opt/pro-collector/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["pro-collector"]
CMD ["--help"]
