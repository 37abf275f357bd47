// Mail as files, and the command `mail show` from outside: alone, and beside a server that has the embedded database.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../../src/db/database";
import { lockDirectory } from "../../../src/db/directory-lock";
import { openDatabase } from "../../../src/db/open-database";
import { createFileTransport, mailDirectory, readMailFiles } from "../../../src/mail/file.transport";
import type { OutgoingMail } from "../../../src/mail/mail.message";
import { startMailSender } from "../../../src/mail/mail.sender";
import { queueMail } from "../../../src/mail/outbox";
import { runProgram, type Outcome } from "../../support/command";
import { createTestLog } from "../../support/log";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";
import { until } from "../../support/smtp";

const mail: OutgoingMail = {
  id: "7",
  createdAt: "2026-06-24T12:00:00.000Z",
  recipient: "ann@x.example",
  subject: "Grüße",
  body: "Hello\n\n\nopen https://x.example/verify?token=abc\n",
};

describe("File transport", () => {
  let parent: string;
  let directory: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "learngraph-mail-"));
    directory = mailDirectory(parent);
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it("writes each mail to a file that only its owner reads, and one that is sent twice to the same file", async () => {
    const transport = createFileTransport(directory);
    await transport.send(mail);
    await transport.send(mail);
    expect(readdirSync(directory)).toEqual(["20260624T120000000Z-7.txt"]);
    expect(readFileSync(join(directory, "20260624T120000000Z-7.txt"), "utf8")).toBe(
      `Id: 7\nTime: 2026-06-24T12:00:00.000Z\nTo: ann@x.example\nSubject: Grüße\n\n${mail.body}`,
    );
    expect(statSync(join(directory, "20260624T120000000Z-7.txt")).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it("gives back what it wrote, the newest first", async () => {
    const transport = createFileTransport(directory);
    const next = { ...mail, id: "10", body: "" };
    const later = { ...mail, id: "8", createdAt: "2026-06-24T12:00:00.001Z" };
    for (const one of [mail, later, next]) await transport.send(one);
    expect(await readMailFiles(directory, 10)).toEqual([later, next, mail]);
    expect(await readMailFiles(directory, 1)).toEqual([later]);
    expect(await readMailFiles(join(parent, "elsewhere"), 10)).toEqual([]);
  });

  it("refuses a line break that would begin a line of its own", async () => {
    const refused = createFileTransport(directory).send({ ...mail, subject: "Hello\nTo: eve@y.example" });
    await expect(refused).rejects.toMatchObject({ code: "EHEADER", permanent: true });
  });
});

describe("Command mail show", () => {
  let shared: SharedDatabase;
  let directory: string;
  beforeAll(async () => {
    shared = await createSharedDatabase();
    directory = shared.directory;
  });
  afterEach(() => rmSync(mailDirectory(directory), { recursive: true, force: true }));
  afterAll(() => shared.remove());

  const show = (...args: string[]): Promise<Outcome> => runProgram("mail", ["show", ...args], { env: shared.env });
  const queue = (database: Database, recipient: string, greeting = "") =>
    queueMail(database, {
      recipient,
      subject: "Hello",
      body: `${greeting}Open https://x.example/${recipient}\nSoon.\n`,
    });
  /** As a server without SMTP does it. */
  const sendToFolder = async (database: Database): Promise<void> => {
    const transport = createFileTransport(mailDirectory(directory));
    const sender = startMailSender({ database, transport, log: createTestLog().log });
    await until(async () => (await database.models.mailMessage.count({ where: { attempts: 0 } })) === 0);
    await sender.stop();
  };
  const withDatabase = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
    const database = await openDatabase(shared.settings);
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  };
  const withoutTimes = ({ stdout }: Outcome) => stdout.replace(/\d{4}-\d\d-\d\dT[\d:.]{12}Z/g, "<time>");

  it("shows what was not sent and what was written to the folder, the newest first, with its text", async () => {
    await withDatabase(async database => {
      await queue(database, "ann@x.example");
      await sendToFolder(database);
      await queue(database, "bob@x.example");
      await queue(database, "cid@x.example");
      await queue(database, "dan@x.example", "Dear \u{1B}[2J\r\n");
      const changed = { attempts: 3, lastError: "EENVELOPE 451" };
      await database.models.mailMessage.update({ where: { id: 2n }, data: changed });
      await database.models.mailMessage.update({ where: { id: 3n }, data: { ...changed, nextAttemptAt: null } });
    });
    const shown = await show();
    expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
    expect(withoutTimes(shown)).toBe(`4  <time>  waiting
To: dan@x.example
Subject: Hello

    Dear \u{FFFD}[2J
    Open https://x.example/dan@x.example
    Soon.

3  <time>  given up, 3 attempts, EENVELOPE 451
To: cid@x.example
Subject: Hello

    Open https://x.example/cid@x.example
    Soon.

2  <time>  waiting, 3 attempts, EENVELOPE 451
To: bob@x.example
Subject: Hello

    Open https://x.example/bob@x.example
    Soon.

1  <time>  written to the folder
To: ann@x.example
Subject: Hello

    Open https://x.example/ann@x.example
    Soon.
`);
    expect((await show("--limit", "2")).stdout.match(/^\d+ /gm)).toEqual(["4 ", "3 "]);
  });

  it("shows with --all also what was sent, whose text is gone, and without it says when there is nothing", async () => {
    await withDatabase(async database => {
      await database.models.mailMessage.deleteMany();
      await queue(database, "ann@x.example");
      const sent = { attempts: 1, sentAt: new Date(), nextAttemptAt: null, body: "" };
      await database.models.mailMessage.updateMany({ data: sent });
    });
    expect(await show()).toEqual({ exitCode: 0, stdout: "no mail\n", stderr: "" });
    expect(withoutTimes(await show("--all"))).toBe("5  <time>  sent, 1 attempt\nTo: ann@x.example\nSubject: Hello\n");
  });

  it("shows the folder while a server has the embedded database, and says that this is all it can see", async () => {
    const unlock = lockDirectory(directory);
    await createFileTransport(mailDirectory(directory)).send(mail);
    const shown = await runProgram("mail", ["show"], { env: { DATA_DIRECTORY: directory } });
    unlock();
    expect(shown).toEqual({
      exitCode: 0,
      stdout: `7  2026-06-24T12:00:00.000Z  written to the folder\nTo: ann@x.example\nSubject: Grüße\n\n    Hello\n\n\n    open https://x.example/verify?token=abc\n`,
      stderr: `The embedded database is in use, by a running server perhaps: only what is in ${mailDirectory(directory)} is shown.\n`,
    });
  });

  it("says what to do about a database without migrations", async () => {
    const blank = await createSharedDatabase("blank");
    const unmigrated = await runProgram("mail", ["show"], { env: blank.env });
    await blank.remove();
    expect(unmigrated).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: "The database has no outbox yet: `npm run db:migrate` makes it.\n",
    });
  });

  it("explains itself to whoever uses it wrongly", async () => {
    expect(await show("--limit", "0")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^--limit must be/),
    });
    expect(await runProgram("mail", ["send"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^There is no command send\.\n\nUsage:/),
    });
  });
});
