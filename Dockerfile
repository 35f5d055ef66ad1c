# Where builds must be repeatable, pin the bases by digest, which `docker buildx imagetools inspect node:24-alpine` shows:
# docker build --build-arg NODE_IMAGE=node:24-alpine@sha256:… --build-arg BASE_IMAGE=alpine:3@sha256:… .
ARG NODE_IMAGE=node:24-alpine
ARG BASE_IMAGE=alpine:3

# Production dependencies only; the sources run as they are. No package gets to run a script of its own.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
# What nothing reads while it runs is more than half of it; Node.js takes no TypeScript from packages.
RUN find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.md' \) -delete
RUN rm -rf node_modules/*/prebuilds

# Node.js without its package managers.
FROM ${BASE_IMAGE}
RUN apk add --no-cache libstdc++
ENV NODE_ENV=production
# Room for objects that pass, in MiB: V8 would take many times that at a start, and hardly ever give it back.
ENV NODE_OPTIONS=--max-semi-space-size=8
WORKDIR /app
COPY --from=dependencies /usr/local/bin/node /usr/local/bin/
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY src ./src
# Manifests and charts of argocd-notifications start it by its own path.
RUN ln -s ../../../app/bin/herald.cjs /usr/local/bin/herald
RUN ln -s ../../../app/bin/herald.cjs /usr/local/bin/argocd-notifications
# By number, so that Kubernetes can tell that it is not root; any other does as well. Nothing of the image is written to.
USER 1000:1000
EXPOSE 9001
ENTRYPOINT ["/usr/local/bin/herald"]
CMD ["run"]
