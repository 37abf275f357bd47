// Mail over SMTP. What a server says goes no further than a code: its words repeat addresses.
import { createTransport, type NodemailerError } from "nodemailer";
import { assertSingleLines, MailFailure, type MailTransport, type OutgoingMail } from "./mail.message";

export interface SmtpSettings {
  /**
   * smtps://user:password@host:port for TLS from the start. With smtp:// the connection turns to TLS when the server
   * offers it, and where there is a password only then is it used at all. Parameters of nodemailer may follow, such as
   * ?requireTLS=true.
   */
  url: string;
  /** Such as learngraph <no-reply@example.org>. */
  from: string;
}

/** Of one step; of a whole mail see sendLimitMs. */
const timeoutMs = 10_000;
/** A server that answers in drips would never run into the time-out of one step. */
const sendLimitMs = 45_000;

/**
 * Connects when there is something to send, and keeps the connection for the next mail. Nothing in a mail can add a
 * header or another recipient. A mail has the same Message-ID whenever it is sent, and no other mail has it.
 * @throws Error when `url` is no URL or `from` has no domain.
 */
export function createSmtpTransport({ url, from }: SmtpSettings): MailTransport {
  const domain = domainOf(from);
  const smtp = createTransport(
    {
      ...connectionOptions(url, timeoutMs),
      pool: true,
      maxConnections: 1,
      // For a connection that the server closed while it was idle. Everything else is tried again from the outbox.
      maxRequeues: 1,
    },
    // So that nobody's holiday greeting answers (RFC 3834).
    { from, headers: { "Auto-Submitted": "auto-generated" } },
  );
  return {
    send: async mail => {
      assertSingleLines(mail);
      try {
        await smtp.sendMail({
          // An object, since a string may hold several addresses.
          to: { name: "", address: mail.recipient },
          subject: mail.subject,
          text: mail.body,
          date: new Date(mail.createdAt),
          messageId: `<${messageName(mail)}@${domain}>`,
          signal: AbortSignal.timeout(sendLimitMs),
        });
      } catch (error) {
        throw failureOf(error as NodemailerError);
      }
    },
    close: () => smtp.close(),
  };
}

/**
 * Connects and signs in as a transport does, and sends nothing.
 * @param limitMs of each step
 * @throws MailFailure with what went wrong.
 */
export async function verifySmtp(url: string, limitMs: number): Promise<void> {
  const smtp = createTransport(connectionOptions(url, limitMs));
  try {
    await smtp.verify();
  } catch (error) {
    throw failureOf(error as NodemailerError);
  } finally {
    smtp.close();
  }
}

function connectionOptions(url: string, limitMs: number) {
  const { protocol, username } = new URL(url);
  return {
    url,
    dnsTimeout: limitMs,
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    // Otherwise whoever stands in between could take the server's offer of TLS away, and read the password.
    requireTLS: protocol === "smtp:" && username !== "",
  };
}

/** With the time: a database made anew counts from 1 again, and receivers may drop what they believe they have. */
function messageName({ id, createdAt }: OutgoingMail): string {
  return `${id}.${Date.parse(createdAt).toString(36)}`;
}

function domainOf(address: string): string {
  const domain = /@([^\s@<>]+)>?\s*$/.exec(address)?.[1];
  if (domain === undefined) throw new Error("the sender's address has no domain");
  return domain;
}

/**
 * Permanent is only what the server says of this recipient or this text for good (5xx). A sender or a password that it
 * refuses is our configuration, and can be put right while the mail waits.
 */
function failureOf({ code = "UNKNOWN", responseCode, permanent = false, command = "" }: NodemailerError): MailFailure {
  return new MailFailure(
    responseCode === undefined ? code : `${code} ${responseCode}`,
    permanent && ["RCPT TO", "DATA"].includes(command),
  );
}
