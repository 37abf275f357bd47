// What servers of a test's own need: the programs of this machine, somebody to run as, and free ports.
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Where Debian has PostgreSQL's programs, the newest; undefined where there are none. */
export const postgresPrograms = newestPrograms();

function newestPrograms(): string | undefined {
  const all = "/usr/lib/postgresql";
  const versions = existsSync(all) ? readdirSync(all).sort((one, other) => Number(other) - Number(one)) : [];
  return versions.map(version => join(all, version, "bin")).find(bin => existsSync(join(bin, "initdb")));
}

export const pgbouncerProgram = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find(existsSync);
export const redisProgram = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find(existsSync);

let known: { uid: number; gid: number } | undefined;

/** As whom to run PostgreSQL and PgBouncer, which do not run as root; undefined for whoever runs the tests. */
export function ownUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (which: string) => Number(execFileSync("id", [which, "postgres"], { encoding: "utf8" }));
  return (known ??= { uid: number("-u"), gid: number("-g") });
}

/** Gives a file or a directory to whom the servers run as. */
export function ownByPostgres(path: string): void {
  const user = ownUser();
  if (user) chownSync(path, user.uid, user.gid);
}

/**
 * Below those that the system gives to whoever asks for none, such as every connection (Linux: from 32768 on): of these nobody takes one between
 * its choice and its use.
 */
const chosenPorts = [20_000, 32_000] as const;

/** Nobody has them now; all are different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(...chosenPorts);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    await new Promise(resolve => server.close(resolve));
    return true;
  } catch {
    return false;
  }
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
