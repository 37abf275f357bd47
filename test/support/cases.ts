// How many cases of each kind the security tests have tried, for `npm run test:security`, which adds them up.
import { appendFileSync } from "node:fs";

/** What a case is: `"documents"`, `"tokens"`, … */
export interface CaseCount {
  kind: string;
  tried: number;
  failed: number;
}

/** Tries all cases, even after one has failed. @throws Error that shows the first failures. */
export async function tryCases<T>(
  kind: string,
  cases: readonly T[],
  attempt: (given: T) => Promise<void>,
): Promise<void> {
  const failures: string[] = [];
  for (const given of cases) {
    try {
      await attempt(given);
    } catch (error) {
      failures.push(`${JSON.stringify(given).slice(0, 500)}\n${String(error)}`);
    }
  }
  const count: CaseCount = { kind, tried: cases.length, failed: failures.length };
  // Only that command sets it.
  const file = process.env["SECURITY_CASES"];
  if (file) appendFileSync(file, `${JSON.stringify(count)}\n`);
  if (failures.length > 0) {
    throw new Error(`${failures.length} of ${cases.length} ${kind} failed:\n${failures.slice(0, 5).join("\n\n")}`);
  }
}
