// What the program runs on.
import { readFileSync } from "node:fs";
import { fromProjectRoot } from "../../config/project-config";
import { failure, ok, warning, type Check } from "./checkup";

/** The day after which a line of Node gets no security fixes (https://github.com/nodejs/Release). */
const lastDays: Readonly<Record<string, string>> = {
  20: "2026-04-30",
  22: "2027-04-30",
  24: "2028-04-30",
  26: "2029-04-30",
};

export function systemCheck(now: () => number, version: string = process.versions.node): Check {
  return {
    name: "node",
    run: () => {
      const [major = 0, minor = 0] = version.split(".").map(Number);
      const [leastMajor = 0, leastMinor = 0] = leastNode();
      if (major < leastMajor || (major === leastMajor && minor < leastMinor)) {
        return [failure(`Node ${version} is too old: ${leastMajor}.${leastMinor} or newer is needed`)];
      }
      const lastDay = lastDays[major];
      return lastDay !== undefined && now() > Date.parse(`${lastDay}T23:59:59Z`)
        ? [warning(`Node ${version} gets no security fixes since ${lastDay}: update it to an even version of today`)]
        : [ok(`Node ${version}`)];
    },
  };
}

/** Of `engines` in package.json: >=20.19. */
function leastNode(): number[] {
  const { engines } = JSON.parse(readFileSync(fromProjectRoot("package.json"), "utf8")) as {
    engines: { node: string };
  };
  return engines.node.replace(/^>=/, "").split(".").map(Number);
}
