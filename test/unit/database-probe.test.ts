// Health checks ask the database together, and never hear what it said to others before.
import { createDatabaseProbe } from "../../src/server/database-probe";

interface Question {
  answer: () => void;
  fail: () => void;
}

function createProbe() {
  const asked: Question[] = [];
  const query = <Row>() =>
    new Promise<Row[]>((resolve, reject) => {
      asked.push({ answer: () => resolve([]), fail: () => reject(new Error("away")) });
    });
  return { probe: createDatabaseProbe({ query }), asked };
}

describe("The probe of the health checks", () => {
  it("asks once for all who ask at the same time", async () => {
    const { probe, asked } = createProbe();
    const all = Array.from({ length: 50 }, () => probe());
    expect(asked).toHaveLength(1);
    asked[0]?.answer();
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]));
  });

  it("asks anew as soon as there was an answer, whatever it was", async () => {
    const { probe, asked } = createProbe();
    const first = probe();
    asked[0]?.fail();
    expect(await first).toBe(false);
    const second = probe();
    asked[1]?.answer();
    expect(await second).toBe(true);
    expect(asked).toHaveLength(2);
  });
});
