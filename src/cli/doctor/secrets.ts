// What must not be printed: passwords in addresses, in each way of writing them, headers for the collector, and the private parts of keys.
import type { ProjectConfig } from "../../config/project-config";

export function secretsOf({ database, accounts, speed, observability: { tracing } }: ProjectConfig): string[] {
  const { url, directUrl, replicaUrl } = database;
  const ofRedis = [accounts.redisUrl, speed.responseCacheRedisUrl];
  const given = [url, directUrl, replicaUrl, ...ofRedis, accounts.smtpUrl, tracing?.endpoint];
  const urls = given.filter(each => each !== undefined);
  const passwords = urls.flatMap(url => {
    const { password, searchParams } = new URL(url);
    return [password, decoded(password), searchParams.get("password") ?? "", searchParams.get("pass") ?? ""];
  });
  const privateParts = [...(accounts.signingKeys ?? "").matchAll(/"d"\s*:\s*"([^"]+)"/g)].map(([, part]) => part ?? "");
  // Shorter ones are words such as the name of a tenant, which would take letters out of everything else.
  const headers = Object.values(tracing?.headers ?? {}).filter(value => value.length >= 8);
  return [...passwords, ...privateParts, ...headers].filter(secret => secret.length > 0);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
