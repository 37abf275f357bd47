// What goes over the wire: one recipient, no header but our own, no password without TLS.
import type { OutgoingMail } from "../../../src/mail/mail.message";
import { createSmtpTransport } from "../../../src/mail/mail.transport";
import { queueMail } from "../../../src/mail/outbox";
import { openTestDatabase } from "../../support/database";
import { startSmtpServer, type SmtpStub } from "../../support/smtp";

const from = "learngraph <no-reply@learn.example>";
const mail: OutgoingMail = {
  id: "7",
  createdAt: "2026-06-24T12:00:00.000Z",
  recipient: "ann@x.example",
  subject: "Grüße 👋",
  body: "Café\n\nhttps://x.example/verify?token=abc",
};

describe("SMTP transport", () => {
  let smtp: SmtpStub;
  beforeEach(async () => {
    smtp = await startSmtpServer();
  });
  afterEach(() => smtp.close());

  const send = async (given: Partial<OutgoingMail>, url = smtp.url) => {
    const transport = createSmtpTransport({ url, from });
    try {
      await transport.send({ ...mail, ...given });
    } finally {
      transport.close();
    }
  };

  it("sends plain text under headers of our own alone", async () => {
    await send({});
    const [received] = smtp.received;
    expect(received?.recipients).toEqual(["ann@x.example"]);
    expect(received?.headers).toEqual({
      from,
      to: "ann@x.example",
      subject: expect.stringMatching(/^=\?UTF-8\?/i),
      date: "Wed, 24 Jun 2026 12:00:00 +0000",
      "message-id": `<7.${Date.parse(mail.createdAt).toString(36)}@learn.example>`,
      "auto-submitted": "auto-generated",
      "mime-version": "1.0",
      "content-type": "text/plain; charset=utf-8",
      "content-transfer-encoding": "quoted-printable",
    });
    expect(received?.body).toBe("Caf=C3=A9\r\n\r\nhttps://x.example/verify?token=3Dabc");
  });

  it("gives a mail of the same number another Message-ID when it is another mail", async () => {
    await send({});
    await send({ createdAt: "2026-06-24T12:00:00.001Z" });
    const [first, second] = smtp.received.map(({ headers }) => headers["message-id"]);
    expect(second).not.toBe(first);
  });

  it.each([
    ["a recipient with a header behind it", { recipient: "ann@x.example\r\nBcc: eve@y.example" }],
    ["a recipient with an SMTP command behind it", { recipient: "ann@x.example>\r\nRCPT TO:<eve@y.example" }],
    ["a subject with a header behind it", { subject: "Hello\nBcc: eve@y.example" }],
    ["a subject with Unicode's line separator", { subject: "Hello\u2028Bcc: eve@y.example" }],
    ["a subject with a NUL", { subject: "Hello\0" }],
  ])("refuses %s for good, as does the outbox", async (_, given) => {
    await expect(send(given)).rejects.toMatchObject({ code: "EHEADER", permanent: true });
    expect(smtp.arrived()).toBe(0);
    const database = await openTestDatabase({ golden: "empty" });
    await expect(queueMail(database, { ...mail, ...given })).rejects.toMatchObject({ code: "EHEADER" });
    expect(await database.models.mailMessage.count()).toBe(0);
    await database.close();
  });

  it.each(["ann@x.example, eve@y.example", "eve@y.example <ann@x.example>", "a:ann@x.example,eve@y.example;"])(
    "never sends to several recipients: %s",
    async recipient => {
      await send({ recipient }).catch(() => undefined);
      const recipients = smtp.received.flatMap(received => received.recipients);
      expect(recipients.filter(one => one === "ann@x.example" || one === "eve@y.example")).toEqual([]);
      expect(recipients.length).toBeLessThanOrEqual(1);
    },
  );

  it("uses a password over TLS only, unless the URL says otherwise", async () => {
    const url = smtp.url.replace("//", "//me:secret@");
    await expect(send({}, url)).rejects.toMatchObject({ permanent: false });
    expect(smtp.received).toEqual([]);
    await send({}, `${url}/?requireTLS=false`);
    expect(smtp.received).toHaveLength(1);
  });

  it("refuses a sender's address without a domain, and what is no URL, before anything is sent", () => {
    expect(() => createSmtpTransport({ url: smtp.url, from: "learngraph" })).toThrow("no domain");
    expect(() => createSmtpTransport({ url: "mail.example.org", from })).toThrow("Invalid URL");
  });
});
