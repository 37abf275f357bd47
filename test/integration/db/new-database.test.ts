// A new embedded database: made from the image that the build has made, whole or not at all.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hasEmbeddedDatabase, openEmbedded, type EmbeddedSettings } from "../../../src/db/embedded-driver";
import { runProgram } from "../../support/command";
import { emptyImage } from "../../support/golden";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "learngraph-new-"))));
afterEach(() => rmSync(directory, { recursive: true }));

/** Ends a program while it makes its database; once more when that came too late. @returns what is there then. */
async function killWhileMaking(tries = 3): Promise<string[]> {
  const env = { PATH: process.env["PATH"], DATA_DIRECTORY: directory };
  const child = spawn(process.execPath, ["dist/src/cli/db.js", "migrate"], { env, stdio: "ignore" });
  const ended = once(child, "close");
  while (!readdirSync(directory).some(name => name.startsWith("postgres"))) await delay(1);
  child.kill("SIGKILL");
  await ended;
  if (tries > 1 && hasEmbeddedDatabase(directory)) {
    rmSync(join(directory, "postgres"), { recursive: true });
    return killWhileMaking(tries - 1);
  }
  return readdirSync(directory).sort();
}

/** What PostgreSQL gave the database when it was first made; copies have it too. */
async function identifierOf(settings: EmbeddedSettings): Promise<unknown> {
  const driver = await openEmbedded(settings);
  const rows = await driver.query(`SELECT system_identifier FROM pg_control_system()`, []);
  await driver.close();
  return rows;
}

describe("A new embedded database (R24)", () => {
  it("is not there when the program that makes it is killed, and is made from the image by the next", async () => {
    expect(await killWhileMaking()).toEqual(["lock", "postgres.new"]);
    expect(hasEmbeddedDatabase(directory)).toBe(false);
    const { exitCode, stderr } = await runProgram("db", ["migrate"], { env: { DATA_DIRECTORY: directory } });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(readdirSync(directory)).toEqual(["postgres"]);
    expect(statSync(join(directory, "postgres")).mode & 0o777).toBe(0o700);
    expect(await identifierOf({ directory })).toEqual(await identifierOf({ image: emptyImage }));
  });

  it("is not made from an image that is cut short", async () => {
    const image = join(directory, "short.tar");
    const whole = readFileSync(emptyImage);
    writeFileSync(image, whole.subarray(0, whole.length / 2));
    await expect(openEmbedded({ directory, image })).rejects.toThrow("The image of a database is cut short");
    expect(readdirSync(directory)).toEqual(["short.tar"]);
  });
});
