// Serves the playground that scripts/build-playground.mjs left in dist/playground: its page, its files, and the headers that keep the
// browser from loading or sending anything anywhere else. It knows nothing of GraphQL.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

const filesPrefix = "/playground/";
const pageDecorator = "playgroundPage";
const hashedName = /-[A-Z0-9]{8}\.\w+(\.br|\.gz)?$/;

interface PlaygroundPage {
  readonly html: string;
  readonly etag: string;
}

// The page may run its own scripts and workers and talk to its own origin; all else is refused. `unsafe-inline` is there for styles
// alone: Monaco writes <style> elements and style attributes while it runs and offers no way to give them a nonce.
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

// A worker obeys the policy that its own script came with: these compute only, so they may load and send nothing.
const filePolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * Serves the playground at `/` and its files below `/playground/`; the page posts its operations to `endpoint`. Files whose name holds
 * a hash may be kept for ever, the page is asked for again each time and answered with 304 while it is the same. Throws at once when
 * `directory` holds no built playground.
 */
export function registerPlayground(app: FastifyInstance, options: { directory: string; endpoint: string }): void {
  app.decorate(pageDecorator, readPage(options.directory, options.endpoint));
  app.register(fastifyStatic, {
    root: path.resolve(options.directory),
    prefix: filesPrefix,
    index: false,
    decorateReply: false,
    preCompressed: true,
    cacheControl: false,
    // The page itself is complete only with its endpoint, and has its own address.
    allowedPath: pathName => pathName !== "/index.html",
    setHeaders: (reply, file) => {
      reply.setHeader("cache-control", hashedName.test(file) ? "public, max-age=31536000, immutable" : "no-cache");
      reply.setHeader("content-security-policy", filePolicy);
      reply.setHeader("cross-origin-resource-policy", "same-origin");
      reply.setHeader("referrer-policy", "no-referrer");
      reply.setHeader("vary", addToVary(reply.getHeader("vary"), "Accept-Encoding"));
      reply.setHeader("x-content-type-options", "nosniff");
    },
  });
  app.get("/", (_request, reply) => sendPlayground(reply));
}

/**
 * Whether a request to the GraphQL endpoint is a browser's that came to look: a GET (or HEAD) that names text/html in its Accept header
 * and likes no kind of JSON better. A client that says nothing, or only that it accepts everything, is not one.
 */
export function wantsPlayground(request: FastifyRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  const ranges = parseAccept(request.headers.accept ?? "");
  const html = ranges.find(({ type }) => type === "text/html");
  if (!html || html.quality === 0) return false;
  return ranges.every(range => !isJson(range.type) || range.quality < html.quality || range.position > html.position);
}

/** Answers with the page of the playground that is registered on the reply's server, or with 304 when the browser has it. */
export function sendPlayground(reply: FastifyReply): FastifyReply {
  const page = reply.server.getDecorator<PlaygroundPage>(pageDecorator);
  reply.headers({
    "cache-control": "no-cache",
    "content-security-policy": pagePolicy,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    etag: page.etag,
    "referrer-policy": "no-referrer",
    vary: addToVary(reply.getHeader("vary"), "Accept"),
    "x-content-type-options": "nosniff",
  });
  if (reply.request.headers["if-none-match"] === page.etag) return reply.code(304).send();
  return reply.code(200).type("text/html; charset=utf-8").send(page.html);
}

function readPage(directory: string, endpoint: string): PlaygroundPage {
  let template: string;
  try {
    template = readFileSync(path.join(directory, "index.html"), "utf8");
  } catch (cause) {
    throw new Error(`There is no built playground in ${directory}: run scripts/build-playground.mjs.`, { cause });
  }
  const html = template.replaceAll("{{endpoint}}", () => escapeHtml(endpoint));
  return { html, etag: `"${createHash("sha256").update(html).digest("base64url")}"` };
}

function parseAccept(header: string): { type: string; quality: number; position: number }[] {
  return header.split(",").map((range, position) => {
    const [type = "", ...parameters] = range.split(";").map(part => part.trim().toLowerCase());
    const quality = Number(parameters.find(parameter => parameter.startsWith("q="))?.slice(2) ?? 1);
    return { type, quality: Number.isFinite(quality) ? quality : 0, position };
  });
}

function isJson(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

function addToVary(current: string | number | string[] | undefined, name: string): string {
  const names = String(current ?? "")
    .split(",")
    .map(value => value.trim())
    .filter(Boolean);
  return names.some(value => value === "*" || value.toLowerCase() === name.toLowerCase())
    ? names.join(", ")
    : [...names, name].join(", ");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
