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

/** Nobody has them now, nor is given one by the system, which starts above them; all are different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(15_000, 32_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await new Promise(resolve => server.close(resolve));
  return true;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}
