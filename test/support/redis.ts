// Whether there is a Redis to test with, known before the tests are collected, so that none is there that would do nothing; and a Redis of a test's own.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { freePort, redisProgram } from "./own-servers";

export const redisUrl = "redis://127.0.0.1:6379";

export function isRedisThere(): boolean {
  const script = `const socket = require("node:net").connect(6379, "127.0.0.1");
    socket.on("connect", () => process.exit(0)).on("error", () => process.exit(1)).setTimeout(10_000, () => process.exit(1));`;
  return spawnSync(process.execPath, ["-e", script]).status === 0;
}

export interface RedisInstance {
  readonly port: number;
  /** Its operator's, past any proxy. */
  readonly client: Redis;
  /** Commands as its operator, such as "CONFIG SET maxmemory 0". */
  run(...commands: string[]): Promise<void>;
  /** It does nothing and keeps its connections, until it is resumed. */
  pause(): void;
  resume(): void;
  remove(): Promise<void>;
}

/** Keeps nothing on disk, and lets everybody of this machine in. Needs `redisProgram`. */
export async function startRedis(): Promise<RedisInstance> {
  const port = await freePort();
  const program = spawn(redisProgram ?? "", ["--port", String(port), "--save", "", "--bind", "127.0.0.1"], {
    stdio: "ignore",
  });
  const client = new Redis(port, "127.0.0.1");
  client.on("error", () => undefined);
  // Waits for it to listen.
  await client.ping();
  return {
    port,
    client,
    run: async (...commands) => {
      for (const command of commands) {
        const [name = "", ...words] = command.split(" ");
        await client.call(name, ...words);
      }
    },
    pause: () => void program.kill("SIGSTOP"),
    resume: () => void program.kill("SIGCONT"),
    remove: async () => {
      client.disconnect();
      // Ends one that is paused too.
      program.kill("SIGKILL");
      await once(program, "exit");
    },
  };
}
