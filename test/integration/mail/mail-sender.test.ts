// The outbox and its sender over a real SMTP server: nothing lost, nothing sent for what was rolled back, nothing sent
// by two at once.
import { AsyncResource } from "node:async_hooks";
import type { Database } from "../../../src/db/database";
import { sql } from "../../../src/db/sql";
import { MailFailure, type MailTransport } from "../../../src/mail/mail.message";
import { startMailSender, type MailSender } from "../../../src/mail/mail.sender";
import { createSmtpTransport } from "../../../src/mail/mail.transport";
import { deleteOldMail, queueMail } from "../../../src/mail/outbox";
import { openAgain, openTestDatabase } from "../../support/database";
import { createTestLog, type TestLog } from "../../support/log";
import { startSmtpServer, until, type SmtpStub } from "../../support/smtp";

const from = "learngraph <no-reply@learn.example>";
const hourMs = 3_600_000;

describe("Mail sender", () => {
  let database: Database;
  let smtp: SmtpStub;
  let testLog: TestLog;
  let log: string[];
  let toClose: (() => unknown)[];
  beforeAll(async () => {
    database = await openTestDatabase({ golden: "empty" });
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    smtp = await startSmtpServer();
    testLog = createTestLog();
    log = testLog.lines;
    toClose = [];
  });
  afterEach(async () => {
    for (const close of toClose.reverse()) await close();
    await smtp.close();
    await database.models.mailMessage.deleteMany();
  });

  const smtpTransport = (url = smtp.url): MailTransport => {
    const transport = createSmtpTransport({ url, from });
    toClose.push(() => transport.close());
    return transport;
  };
  /** Looks once, and then only when it is woken. */
  const startSender = (transport = smtpTransport(), on = database): MailSender => {
    const sender = startMailSender({
      database: on,
      transport,
      log: testLog.log,
      intervalMs: hourMs,
    });
    toClose.push(() => sender.stop());
    return sender;
  };
  const queue = (recipient: string) => queueMail(database, { recipient, subject: "Hello", body: `For ${recipient}` });
  const rows = () => database.models.mailMessage.findMany({ orderBy: { id: "asc" } });
  const row = async () => (await rows())[0]!;
  const recipients = () => smtp.received.flatMap(mail => mail.recipients);
  const allSent = () => until(async () => (await rows()).every(({ sentAt }) => sentAt !== null));
  const attempted = (times: number) =>
    until(async () => (await row()).lastError !== null && (await row()).attempts === times);
  const makeDue = () => database.models.mailMessage.updateMany({ data: { nextAttemptAt: new Date(0) } });
  const minutesUntilNext = async () => {
    const [found] = await database.query<{ minutes: number }>(
      sql`SELECT round(extract(epoch FROM "next_attempt_at" - now()) / 60)::integer AS "minutes" FROM "mail_message"`,
    );
    return found?.minutes;
  };

  it("sends what a committed transaction queued, and nothing of one that was rolled back", async () => {
    const undone = database.transaction(async session => {
      await queueMail(session, { recipient: "nobody@x.example", subject: "Hello", body: "Never" });
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    await database.transaction(session =>
      queueMail(session, { recipient: "ann@x.example", subject: "Hello", body: "Welcome" }),
    );
    startSender();
    await allSent();
    expect(recipients()).toEqual(["ann@x.example"]);
    expect(smtp.received[0]).toMatchObject({ headers: { subject: "Hello" }, body: "Welcome" });
  });

  it("looks again when it is woken, also by somebody who comes out of a transaction", async () => {
    const sender = startSender();
    await queue("ann@x.example");
    sender.wake();
    await allSent();
    const wake = await database.transaction(async session => {
      await queueMail(session, { recipient: "bob@x.example", subject: "Hello", body: "Hello" });
      return AsyncResource.bind(() => sender.wake());
    });
    wake();
    await allSent();
    expect(recipients()).toEqual(["ann@x.example", "bob@x.example"]);
  });

  it("looks again by itself after its interval", async () => {
    const sender = startMailSender({
      database,
      transport: smtpTransport(),
      log: testLog.log,
      intervalMs: 1,
    });
    toClose.push(() => sender.stop());
    await queue("ann@x.example");
    await allSent();
    await queue("bob@x.example");
    await allSent();
    expect(recipients()).toEqual(["ann@x.example", "bob@x.example"]);
  });

  it("sends what is due at the same time in the order of queueing, after what has been due for longer", async () => {
    const names = ["one", "two", "three", "four"].map(name => `${name}@x.example`);
    await database.transaction(async session => {
      for (const recipient of names) await queueMail(session, { recipient, subject: "Hello", body: "Hello" });
    });
    const late = (await rows())[2]!;
    await database.models.mailMessage.update({ where: { id: late.id }, data: { nextAttemptAt: new Date(0) } });
    startSender();
    await allSent();
    expect(recipients()).toEqual(["three", "one", "two", "four"].map(name => `${name}@x.example`));
  });

  it("empties the text once it was sent", async () => {
    await queue("ann@x.example");
    startSender();
    await allSent();
    expect(await row()).toMatchObject({ body: "", attempts: 1, nextAttemptAt: null, lastError: null });
  });

  it("sends each mail once when several senders work on one database", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `reader-${index}@x.example`);
    for (const name of names) await queue(name);
    const second = await openAgain(database);
    if (second !== database) toClose.push(() => second.close());
    startSender(smtpTransport(), database);
    startSender(smtpTransport(), second);
    startSender(smtpTransport(), second);
    await allSent();
    expect(recipients().sort()).toEqual(names.sort());
  });

  it("has a minute for each mail, in which no other sender takes it", async () => {
    await queue("ann@x.example");
    const first = controlledTransport();
    startSender(first);
    await until(() => first.sending());
    expect(await minutesUntilNext()).toBe(1);
    const other = startSender();
    await queue("bob@x.example");
    other.wake();
    await until(() => smtp.received.length > 0);
    first.finish();
    await allSent();
    expect(recipients()).toEqual(["bob@x.example"]);
  });

  it("tries again after a minute, then two, then four, up to six hours, and gives up after twelve attempts", async () => {
    smtp.refuse({ step: "recipient", code: 451 });
    await queue("ann@x.example");
    const sender = startSender();
    const waits: unknown[] = [];
    for (let attempt = 1; attempt <= 12; attempt++) {
      await attempted(attempt);
      await until(async () => log.length === attempt);
      waits.push(await minutesUntilNext());
      if (attempt < 12) await makeDue();
      sender.wake();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, null]);
    expect(await row()).toMatchObject({ sentAt: null, lastError: "EENVELOPE 451", body: "For ann@x.example" });
    expect(smtp.received).toEqual([]);
  });

  it("sends after a refusal that has passed", async () => {
    smtp.refuse({ step: "message", code: 452 });
    await queue("ann@x.example");
    const sender = startSender();
    await attempted(1);
    expect(await row()).toMatchObject({ lastError: "EMESSAGE 452" });
    smtp.refuse(null);
    await makeDue();
    sender.wake();
    await allSent();
    expect(await row()).toMatchObject({ attempts: 2, lastError: null });
  });

  it.each([
    ["recipient", "EENVELOPE 550"],
    ["message", "EMESSAGE 550"],
  ] as const)(
    "gives up at once when the %s is refused for good, and goes on with the next mail",
    async (step, code) => {
      smtp.refuse({ step, code: 550 });
      await queue("ann@x.example");
      const sender = startSender();
      await attempted(1);
      expect(await row()).toMatchObject({ attempts: 1, nextAttemptAt: null, sentAt: null, lastError: code });
      smtp.refuse(null);
      await queue("bob@x.example");
      sender.wake();
      await until(() => smtp.received.length === 1);
      expect(recipients()).toEqual(["bob@x.example"]);
    },
  );

  it.each([
    ["sender", "EENVELOPE 550"],
    ["login", "EAUTH 550"],
  ] as const)("keeps trying while our own %s is refused: somebody can put that right", async (step, code) => {
    smtp.refuse({ step, code: 550 });
    await queue("ann@x.example");
    const url = `${smtp.url.replace("//", "//me:secret@")}/?requireTLS=false`;
    const sender = startSender(smtpTransport(url));
    await attempted(1);
    expect(await row()).toMatchObject({ lastError: code });
    expect(await minutesUntilNext()).toBe(1);
    smtp.refuse(null);
    await makeDue();
    sender.wake();
    await allSent();
  });

  it("keeps mail while the server is away, and sends it when it is back", async () => {
    await smtp.close();
    await queue("ann@x.example");
    const sender = startSender();
    await attempted(1);
    expect(await row()).toMatchObject({ sentAt: null, lastError: "ESOCKET" });
    smtp = await startSmtpServer(smtp.port);
    await makeDue();
    sender.wake();
    await allSent();
    expect(recipients()).toEqual(["ann@x.example"]);
  });

  it("sends again under the same Message-ID what may have arrived: receivers can tell", async () => {
    await queue("ann@x.example");
    const transport = smtpTransport();
    let lost = true;
    const sender = startSender({
      close: () => undefined,
      send: async mail => {
        await transport.send(mail);
        if (lost) throw new MailFailure("ECONNECTION", false);
      },
    });
    await attempted(1);
    lost = false;
    await makeDue();
    sender.wake();
    await allSent();
    const [first, second] = smtp.received.map(({ headers }) => headers);
    expect(first?.["message-id"]).toMatch(/^<\d+\.[0-9a-z]+@learn\.example>$/);
    expect(second).toEqual(first);
    expect(smtp.received).toHaveLength(2);
  });

  it("does not send a thirteenth time what was claimed twelve times without a word", async () => {
    await queue("ann@x.example");
    await database.models.mailMessage.updateMany({ data: { attempts: 12 } });
    startSender();
    await attempted(13);
    expect(await row()).toMatchObject({ nextAttemptAt: null, sentAt: null, lastError: "EINTERRUPTED" });
    expect(smtp.received).toEqual([]);
  });

  it("does not take back, when it fails late, what another sender has done since", async () => {
    await queue("ann@x.example");
    const first = controlledTransport();
    startSender(first);
    await until(() => first.sending());
    await makeDue();
    startSender();
    await allSent();
    first.fail();
    await until(() => log.some(line => line.includes("not sent yet")));
    expect(await row()).toMatchObject({ sentAt: expect.any(Date), nextAttemptAt: null, lastError: null });
  });

  it("lets the mail it is sending finish when it is stopped, and begins no other", async () => {
    await queue("ann@x.example");
    await queue("bob@x.example");
    const transport = controlledTransport();
    const sender = startSender(transport);
    await until(() => transport.sending());
    let isStopped = false;
    const stopped = sender.stop().then(() => (isStopped = true));
    await rows();
    expect(isStopped).toBe(false);
    transport.finish();
    await stopped;
    expect((await rows()).map(({ sentAt }) => sentAt !== null)).toEqual([true, false]);
  });

  it("waits while the database is away, says so once, and goes on when it is back", async () => {
    await queue("ann@x.example");
    let away = true;
    let refused = 0;
    const flaky: Database = {
      ...database,
      query: async statement => {
        if (!away) return database.query(statement);
        refused++;
        throw Object.assign(new Error("row of ann@x.example"), { code: "ECONNREFUSED" });
      },
    };
    const sender = startMailSender({
      database: flaky,
      transport: smtpTransport(),
      log: testLog.log,
      intervalMs: 1,
    });
    toClose.push(() => sender.stop());
    await until(() => refused > 3);
    away = false;
    await allSent();
    const warnings = log.filter(line => line.includes("mail waits"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("ECONNREFUSED");
  });

  it("says nothing private in the log and in the table, whatever the server says", async () => {
    await queueMail(database, { recipient: "ann@x.example", subject: "Your link", body: "https://x.example/secret" });
    const sender = startSender();
    for (const [index, step] of (["recipient", "message"] as const).entries()) {
      smtp.refuse({ step, code: 451 });
      await attempted(index + 1);
      await until(async () => log.length === index + 1);
      await makeDue();
      sender.wake();
    }
    smtp.refuse({ step: "recipient", code: 550 });
    await until(() => log.some(line => line.includes("given up")));
    const said = [...log, (await row()).lastError].join();
    expect(said).toContain('"code":"EENVELOPE 451"');
    for (const secret of ["ann", "x.example", "Your link", "secret", "nothing here"])
      expect(said).not.toContain(secret);
  });

  it("deletes after 30 days what was sent or given up, and nothing that waits", async () => {
    const long = new Date(Date.now() - 31 * 24 * hourMs);
    const recent = new Date(Date.now() - 29 * 24 * hourMs);
    const mail = { subject: "Hello", body: "" };
    await database.models.mailMessage.createMany({
      data: [
        { ...mail, recipient: "sent-long-ago", createdAt: long, sentAt: long, nextAttemptAt: null },
        { ...mail, recipient: "sent-now", createdAt: long, sentAt: recent, nextAttemptAt: null },
        { ...mail, recipient: "given-up-long-ago", createdAt: long, nextAttemptAt: null },
        { ...mail, recipient: "given-up-now", createdAt: recent, nextAttemptAt: null },
        { ...mail, recipient: "waiting", createdAt: long, nextAttemptAt: new Date(Date.now() + hourMs) },
      ],
    });
    startSender();
    await until(async () => (await rows()).length < 5);
    expect((await rows()).map(({ recipient }) => recipient)).toEqual(["sent-now", "given-up-now", "waiting"]);
    expect(await deleteOldMail(database, 28)).toBe(2);
    expect(await deleteOldMail(database, 0)).toBe(0);
  });
});

/** Sends when it is told to. */
function controlledTransport(): MailTransport & { sending(): boolean; finish(): void; fail(): void } {
  let current: { finish: () => void; fail: (error: Error) => void } | undefined;
  return {
    send: () =>
      new Promise((finish, fail) => {
        current = { finish, fail };
      }),
    sending: () => current !== undefined,
    finish: () => current?.finish(),
    fail: () => current?.fail(new MailFailure("ETIMEDOUT", false)),
    close: () => undefined,
  };
}
