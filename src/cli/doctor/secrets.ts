// What must not be printed: passwords in addresses, in each way of writing them, and the private parts of keys.
import type { ProjectConfig } from "../../config/project-config";

export function secretsOf({ database, accounts }: ProjectConfig): string[] {
  const urls = [database.url, database.directUrl, database.replicaUrl, accounts.redisUrl, accounts.smtpUrl].filter(
    url => url !== undefined,
  );
  const passwords = urls.flatMap(url => {
    const { password, searchParams } = new URL(url);
    return [password, decoded(password), searchParams.get("password") ?? "", searchParams.get("pass") ?? ""];
  });
  const privateParts = [...(accounts.signingKeys ?? "").matchAll(/"d"\s*:\s*"([^"]+)"/g)].map(([, part]) => part ?? "");
  return [...passwords, ...privateParts].filter(secret => secret.length > 0);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
