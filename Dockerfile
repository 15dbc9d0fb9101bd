# One image per app: docker build --target producer -t millrace-producer .
FROM node:22-bookworm-slim AS workspace
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM workspace AS build
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json ./
COPY libs libs
COPY apps apps
RUN npx nest build producer && npx nest build processor

FROM workspace AS production-dependencies
RUN npm ci --ignore-scripts --omit=dev && npm cache clean --force

FROM node:22-bookworm-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
COPY --from=production-dependencies /app/node_modules node_modules
COPY package.json ./
# A user id as a number, so that a cluster can check that it is not root.
USER 1000

# Node is the process that gets the signal: a shell in between would not pass SIGTERM on.
FROM runtime AS producer
COPY --from=build /app/dist/apps/producer dist/apps/producer
COPY data data
EXPOSE 8000
CMD ["node", "--enable-source-maps", "dist/apps/producer/apps/producer/src/main.js"]

FROM runtime AS processor
COPY --from=build /app/dist/apps/processor dist/apps/processor
EXPOSE 8000
CMD ["node", "--enable-source-maps", "dist/apps/processor/apps/processor/src/main.js"]
