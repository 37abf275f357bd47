// The collector of traces, where one is configured: asked as the server's exporter asks it, with an export that holds nothing.
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ProjectConfig } from "../../config/project-config";
import { failure, messageOf, ok, warning, type Check } from "./checkup";
import { isLocal } from "./configuration.check";

const mostMs = 5_000;
/** What the exporter adds to the endpoint. */
const tracesPath = "/v1/traces";

type Settings = NonNullable<ProjectConfig["observability"]["tracing"]>;

export function tracesCheck({ observability: { tracing }, production }: ProjectConfig): Check {
  return {
    name: "traces",
    run: async () => {
      if (tracing === undefined) return [ok("not used: OTEL_EXPORTER_OTLP_ENDPOINT is not set")];
      const found = [await describe(tracing)];
      const { protocol, hostname } = new URL(tracing.endpoint);
      if (production && protocol === "http:" && !isLocal(hostname) && Object.keys(tracing.headers).length > 0) {
        found.push(warning("OTEL_EXPORTER_OTLP_HEADERS go to the collector in the clear: use https://"));
      }
      return found;
    },
  };
}

async function describe(settings: Settings) {
  const { host, pathname, port } = new URL(settings.endpoint);
  const where = `the collector of traces, ${host}`;
  const path = `${pathname === "/" ? "" : pathname}${tracesPath}`;
  if (pathname.endsWith(tracesPath)) {
    return failure(`OTEL_EXPORTER_OTLP_ENDPOINT ends with ${tracesPath}, which the server adds itself: leave it out`);
  }
  let status: number;
  try {
    status = await send(settings);
  } catch (error) {
    const advice =
      port === "4317"
        ? "4317 is the port of gRPC, which is not spoken here: 4318 is that of OTLP over HTTP"
        : adviceOn((error as NodeJS.ErrnoException).code);
    return failure(`${where}: ${advice} (${messageOf(error)}). Meanwhile traces are lost, and nothing else`);
  }
  if (status < 300) return ok(`${where}, takes traces`);
  if (status < 400) return failure(`${where}, leads elsewhere (${status}), where the server does not go: name that`);
  if (status === 401 || status === 403) {
    return failure(`${where}, refuses us (${status}): correct OTEL_EXPORTER_OTLP_HEADERS`);
  }
  if (status === 404 || status === 405) {
    return failure(`${where}, takes nothing at ${path} (${status}): correct host, port and path of the endpoint`);
  }
  // An answer all the same: there, and it may be otherwise when there is something to take.
  return status < 500
    ? ok(`${where}, is there (${status})`)
    : warning(`${where}, is there and has a fault (${status}): see its log`);
}

const advices: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: start it, or correct host and port of OTEL_EXPORTER_OTLP_ENDPOINT",
  ENOTFOUND: "its name is not known: correct the host of OTEL_EXPORTER_OTLP_ENDPOINT",
  EAI_AGAIN: "its name cannot be looked up now: see the name server (DNS)",
  ETIMEDOUT: "it does not answer in time: see host, port and firewall",
  ERR_INVALID_CHAR: "OTEL_EXPORTER_OTLP_HEADERS has what no header may have: correct it",
  ERR_INVALID_HTTP_TOKEN: "OTEL_EXPORTER_OTLP_HEADERS has what no header may have: correct it",
};

function adviceOn(code: string | undefined): string {
  return (
    advices[code ?? ""] ?? "it speaks no HTTP as we do: see whether it is https:// or http://, and its certificate"
  );
}

/** @returns the status of the answer. */
function send({ endpoint, headers, timeoutMs }: Settings): Promise<number> {
  return new Promise((resolve, reject) => {
    const limitMs = Math.min(timeoutMs, mostMs);
    const request = (endpoint.startsWith("https:") ? requestHttps : requestHttp)(
      `${endpoint}${tracesPath}`,
      { method: "POST", agent: false, headers: { ...headers, "content-type": "application/json" } },
      response => {
        clearTimeout(timer);
        resolve(response.statusCode ?? 0);
        request.destroy();
      },
    );
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error(`no answer within ${limitMs / 1000} s`), { code: "ETIMEDOUT" }));
    }, limitMs);
    request.on("error", error => {
      clearTimeout(timer);
      reject(error);
    });
    request.end('{"resourceSpans":[]}');
  });
}
