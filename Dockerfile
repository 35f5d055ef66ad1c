# Where builds must be repeatable, pin the base by its digest, which `docker buildx imagetools inspect node:24-alpine` shows:
# docker build --build-arg NODE_IMAGE=node:24-alpine@sha256:… .
ARG NODE_IMAGE=node:24-alpine

# Production dependencies only; the sources run as they are. No package gets to run a script of its own.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY src ./src
# Manifests and charts of argocd-notifications start it by its own path.
RUN ln -s ../../../app/bin/herald.cjs /usr/local/bin/herald
RUN ln -s ../../../app/bin/herald.cjs /usr/local/bin/argocd-notifications
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 9001
ENTRYPOINT ["/usr/local/bin/herald"]
CMD ["run"]
