// Whether there is a Redis to test with, known before the tests are collected, so that none is there that would do nothing.
import { spawnSync } from "node:child_process";

export const redisUrl = "redis://127.0.0.1:6379";

export function isRedisThere(): boolean {
  const script = `const socket = require("node:net").connect(6379, "127.0.0.1");
    socket.on("connect", () => process.exit(0)).on("error", () => process.exit(1)).setTimeout(1000, () => process.exit(1));`;
  return spawnSync(process.execPath, ["-e", script]).status === 0;
}
