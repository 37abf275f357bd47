// What a check of `doctor` is, and how many are carried out: side by side, each within its time, and one that fails is a finding too.
import { within } from "../../errors/deadline";

export type Level = "ok" | "warning" | "error";

export interface Finding {
  check: string;
  level: Level;
  /** What is so and, where it is not ok, what to do. One line. */
  message: string;
}

export interface Check {
  name: string;
  /** @throws anything, which then is an error of the check. */
  run(): Promise<readonly Omit<Finding, "check">[]> | readonly Omit<Finding, "check">[];
}

export const ok = (message: string) => ({ level: "ok", message }) as const;
export const warning = (message: string) => ({ level: "warning", message }) as const;
export const failure = (message: string) => ({ level: "error", message }) as const;

/** The findings of all checks, in their order. Ends `limitMs` after it began, whatever the checks wait for. */
export async function examine(checks: readonly Check[], limitMs: number): Promise<Finding[]> {
  const findings = await Promise.all(
    checks.map(async check => {
      const late = () => new Error(`it did not end within ${limitMs / 1000} s`);
      const found = await within(
        limitMs,
        Promise.resolve().then(() => check.run()),
        late,
      ).catch((error: unknown) => [failure(`could not be checked: ${messageOf(error)}`)]);
      return found.map(finding => ({ check: check.name, ...finding }));
    }),
  );
  return findings.flat();
}

export function messageOf(error: unknown): string {
  const text = error instanceof Error && error.message !== "" ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The findings with each of `secrets` taken out: the words of a server or a driver may repeat what they were sent. */
export function withoutSecrets(findings: readonly Finding[], secrets: readonly string[]): Finding[] {
  const spoken = secrets.filter(secret => secret !== "").sort((a, b) => b.length - a.length);
  return findings.map(finding => ({
    ...finding,
    message: spoken.reduce((text, secret) => text.replaceAll(secret, "[removed]"), finding.message),
  }));
}
