// A process that is killed loses no mail: a real one, killed with SIGKILL before it sends and while it sends.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Database } from "../../../src/db/database";
import { startMailSender } from "../../../src/mail/mail.sender";
import { createSmtpTransport } from "../../../src/mail/mail.transport";
import { createTestLog } from "../../support/log";
import { createSharedDatabase, type SharedDatabase } from "../../support/shared-database";
import { startSmtpServer, until, type SmtpStub } from "../../support/smtp";

const from = "learngraph <no-reply@learn.example>";

/** Queues a mail and says so; then sends, where there is a URL to send to. Ends when it is killed. */
const program = `
  const [settings, smtpUrl] = JSON.parse(process.argv[1]);
  const part = name => require(process.cwd() + "/dist/src/" + name);
  part("db/open-database").openDatabase(settings).then(async database => {
    const mail = { recipient: "ann@x.example", subject: "Hello", body: "Welcome" };
    await database.transaction(session => part("mail/outbox").queueMail(session, mail));
    console.log("committed");
    const transport = smtpUrl && part("mail/mail.transport").createSmtpTransport({ url: smtpUrl, from: "${from}" });
    const log = { info() {}, warn() {}, error() {} };
    if (transport) part("mail/mail.sender").startMailSender({ database, transport, log });
    setInterval(() => {}, 1000);
  });`;

describe("Mail of a process that is killed", () => {
  let shared: SharedDatabase;
  let smtp: SmtpStub;
  let child: ChildProcess | undefined;
  beforeEach(async () => {
    smtp = await startSmtpServer();
    shared = await createSharedDatabase();
  });
  afterEach(async () => {
    await kill();
    await smtp.close();
    await shared.remove();
  });

  const start = async (smtpUrl?: string): Promise<void> => {
    child = spawn(process.execPath, ["-e", program, JSON.stringify([shared.settings, smtpUrl])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    expect(String((await once(child.stdout!, "data"))[0])).toBe("committed\n");
  };
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  /** What the next process does with the database. */
  const inNextProcess = async (work: (database: Database, startSender: () => void) => Promise<void>): Promise<void> =>
    shared.use(async database => {
      const transport = createSmtpTransport({ url: smtp.url, from });
      const senders: { stop(): Promise<void> }[] = [];
      try {
        await work(database, () => {
          senders.push(startMailSender({ database, transport, log: createTestLog().log, intervalMs: 10 }));
        });
      } finally {
        await Promise.all(senders.map(sender => sender.stop()));
        transport.close();
      }
    });
  const isSent = async (database: Database) =>
    (await database.models.mailMessage.count({ where: { sentAt: null } })) === 0;

  it("is sent once by the next one when it had not begun to send", async () => {
    await start();
    await kill();
    await inNextProcess(async (database, startSender) => {
      startSender();
      await until(() => isSent(database));
    });
    expect(smtp.received).toMatchObject([{ recipients: ["ann@x.example"], body: "Welcome" }]);
  });

  it("is sent once by the next one, after a minute, when it was killed while it sent", async () => {
    smtp.stall(true);
    await start(smtp.url);
    await until(() => smtp.arrived() === 1);
    await kill();
    smtp.stall(false);
    await inNextProcess(async (database, startSender) => {
      const row = await database.models.mailMessage.findFirstOrThrow();
      expect(row).toMatchObject({ attempts: 1, sentAt: null, body: "Welcome" });
      expect(row.nextAttemptAt!.getTime() - row.createdAt.getTime()).toBeGreaterThanOrEqual(60_000);
      await database.models.mailMessage.updateMany({ data: { nextAttemptAt: new Date() } });
      startSender();
      await until(() => isSent(database));
      expect(await database.models.mailMessage.findFirst()).toMatchObject({ attempts: 2, body: "" });
    });
    expect(smtp.received).toHaveLength(1);
  });
});
