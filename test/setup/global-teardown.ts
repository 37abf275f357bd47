// Removes the golden databases of this run.
import { rmSync } from "node:fs";
import { goldenImage, goldens, onServer, templateName } from "../support/golden";

export default async function globalTeardown(): Promise<void> {
  const url = process.env["TEST_DATABASE_URL"];
  for (const golden of goldens) {
    if (url === undefined) rmSync(goldenImage(golden), { force: true });
    else await onServer(url, [`DROP DATABASE IF EXISTS "${templateName(golden)}" WITH (FORCE)`]);
  }
}
