# Production dependencies only; the sources run as they are.
FROM node:24-alpine AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 9001
ENTRYPOINT ["node", "src/main.ts"]
CMD ["run"]
