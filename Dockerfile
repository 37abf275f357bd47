# The production image: two stages; of the first only the files that a server loads come into the second. No step of it needs anything but
# the npm registry. `npm run test:image` carries out these very steps in an empty folder, without Docker. docs/deploy.md tells how to use it.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && node scripts/production-files.mjs /production

FROM node:24.21.0-bookworm-slim
# A server installs nothing: without package managers, whoever gets in has one tool less.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn*
ENV NODE_ENV=production
WORKDIR /app
# Owned by root, so the server cannot change its own code.
COPY --from=build /production ./
# By number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 10001:10001
EXPOSE 4000 9464
# Node as process 1: the server handles SIGTERM from its first line on and starts no children, so there is nothing for an init to do.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/readyz`, { signal: AbortSignal.timeout(4000) }).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=64", "dist/main.js"]
