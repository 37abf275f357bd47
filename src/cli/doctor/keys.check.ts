// The keys that sign access tokens: whether they can be read, and how many are believed. Their age stands nowhere.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseSigningKeys, signingKeyFile, type SigningKeys } from "../../auth/signing-keys";
import type { ProjectConfig } from "../../config/project-config";
import { messageOf, ok, failure, warning, type Check } from "./checkup";

export function keysCheck({ accounts, production, database }: ProjectConfig): Check {
  return {
    name: "keys",
    run: async () => {
      if (accounts.signingKeys !== undefined) return [await describe("AUTH_SIGNING_KEYS", accounts.signingKeys)];
      // That they are missing in production is said of the configuration.
      if (production) return [failure("there is no key to sign with")];
      const file = signingKeyFile(database.dataDirectory);
      if (!existsSync(file)) return [ok("none yet: the first start makes one")];
      return [await describe(file, await readFile(file, "utf8"))];
    },
  };
}

async function describe(source: string, json: string) {
  let keys: SigningKeys;
  try {
    keys = await parseSigningKeys(json);
  } catch (error) {
    return failure(`${source}: ${messageOf(error)}`);
  }
  const count = keys.trusted.size;
  const what = `${source}: ${count === 1 ? "one key, which signs" : `${count} keys are believed, the first signs`}`;
  return count > 3
    ? warning(`${what}. Remove those whose tokens have expired: of guests after 400 days, of others after an hour`)
    : ok(what);
}
