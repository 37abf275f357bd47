// How many days in a row somebody has learned, in every time zone.
import fc from "fast-check";
import { sql } from "../../../src/db/sql";
import { createLesson } from "../../support/factories";
import { createViewer } from "../../support/signed-in";
import { api, haveProgress, june, someone, useLearners, type Who } from "./learners";

useLearners();

const streakDocument = "{ viewer { learningStreak { currentDays longestDays lastLearnedOn } } }";
const zones = [
  "UTC",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "America/Los_Angeles",
  "Europe/Berlin",
  "Asia/Kathmandu",
] as const;

/** The day of an instant on the calendar of a zone, by Node's own time zones, and its number. */
function dayIn(timeZone: string, instant: Date): { day: string; number: number } {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const day = parts.format(instant);
  return { day, number: Date.parse(`${day}T00:00:00Z`) / (24 * 60 * 60_000) };
}

function naiveStreak(timeZone: string, completed: readonly Date[], now: Date) {
  const days = new Map(completed.map(instant => dayIn(timeZone, instant)).map(({ day, number }) => [number, day]));
  const runs = [...days.keys()].map(last => {
    let length = 1;
    while (days.has(last - length)) length++;
    return { last, length };
  });
  const today = dayIn(timeZone, now).number;
  const lengthOn = (day: number) => runs.find(({ last }) => last === day)?.length ?? 0;
  return {
    currentDays: lengthOn(today) || lengthOn(today - 1),
    longestDays: Math.max(0, ...runs.map(({ length }) => length)),
    lastLearnedOn: days.get(Math.max(...days.keys())) ?? null,
  };
}

describe("Viewer.learningStreak", () => {
  let lessonIds: number[];

  beforeAll(async () => {
    lessonIds = [];
    for (let n = 0; n < 25; n++) lessonIds.push((await createLesson(api.database)).id);
  });

  const streak = async (who: Who, now: Date): Promise<unknown> =>
    (
      await api.data<{ viewer: { learningStreak: unknown } }, never>(streakDocument, undefined, {
        ...who,
        startedAt: now,
      })
    ).viewer.learningStreak;

  it("is what a naive count of days gives, in every time zone and over a change of its clocks", async () => {
    const who = { as: await createViewer(api.database) };
    const { userId } = who.as;
    const { models } = api.database;
    // Summer time begins on 8 March in Los Angeles and on 29 March in Berlin.
    const start = Date.parse("2026-03-05T00:00:00Z");
    const instants = fc.integer({ min: 0, max: 28 * 24 * 12 }).map(n => new Date(start + n * 5 * 60_000));
    // Runs of days at about the same hour, so that long rows are not rare.
    const rows = fc
      .record({
        first: instants,
        days: fc.integer({ min: 1, max: 12 }),
        drift: fc.integer({ min: -90, max: 90 }),
      })
      .map(({ first, days, drift }) =>
        Array.from({ length: days }, (_, n) => new Date(first.getTime() + n * (24 * 60 + drift) * 60_000)),
      );
    const histories = fc.oneof(fc.array(instants, { maxLength: 25 }), rows);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...zones),
        histories,
        fc.option(instants),
        fc.integer({ min: 0, max: 60 * 60 }),
        async (timeZone, history, anyTime, minutesLater) => {
          // As often soon after the last one as at any time.
          const last = Math.max(start, ...history.map(instant => instant.getTime()));
          const now = anyTime ?? new Date(last + minutesLater * 60_000);
          const completed = history.filter(instant => instant <= now);
          await models.lessonProgress.deleteMany({ where: { learnerId: userId } });
          await models.user.update({ where: { id: userId }, data: { timeZone } });
          await models.lessonProgress.createMany({
            data: completed.map((completedAt, n) => ({
              ...{ learnerId: userId, lessonId: lessonIds[n]!, state: "COMPLETED" },
              ...{ startedAt: new Date(start), completedAt, updatedAt: completedAt },
            })),
          });
          expect(await streak(who, now)).toEqual(naiveStreak(timeZone, completed, now));
        },
      ),
      { numRuns: 120 },
    );
  });

  it("still counts on the day after the last one, and no longer", async () => {
    const who = { as: await createViewer(api.database, { timeZone: "Asia/Kathmandu" }) };
    // 18:15 in UTC is midnight in Kathmandu.
    for (const [n, instant] of ["2026-06-10T18:10:00Z", "2026-06-10T18:20:00Z", "2026-06-12T18:00:00Z"].entries()) {
      await haveProgress(who, lessonIds[n]!, june(1), new Date(instant));
    }
    // Begun only: no day of learning.
    await haveProgress(who, lessonIds[3]!, june(13));
    const three = { currentDays: 3, longestDays: 3, lastLearnedOn: "2026-06-12" };
    expect(await streak(who, new Date("2026-06-13T18:14:00Z"))).toEqual(three);
    expect(await streak(who, new Date("2026-06-13T18:15:00Z"))).toEqual({ ...three, currentDays: 0 });
  });

  it("is empty for somebody who has completed nothing", async () => {
    const none = { currentDays: 0, longestDays: 0, lastLearnedOn: null };
    expect(await streak(await someone("a viewer"), june(1))).toEqual(none);
  });

  it("finds every time zone in the database that Node takes for one", async () => {
    const names = [...Intl.supportedValuesOf("timeZone"), "Etc/GMT+12", "europe/berlin"];
    const rows = await api.database.query<{ name: string; day: string }>(sql`
      SELECT z AS "name", to_char(${june(1, 11).toISOString()}::timestamptz AT TIME ZONE z, 'YYYY-MM-DD') AS "day"
      FROM unnest(${names}::text[]) z`);
    expect(rows).toEqual(names.map(name => ({ name, day: dayIn(name, june(1, 11)).day })));
  });
});
