// An SMTP server of a test's own, on a port of this machine: keeps what it takes, and refuses or stalls as it is told.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

export interface ReceivedMail {
  /** Of the envelope: who really gets it. */
  recipients: string[];
  /** By name in lower case, unfolded, as they stand there. */
  headers: Record<string, string>;
  /** Undecoded. */
  body: string;
}

type Step = "login" | "sender" | "recipient" | "message";

export interface SmtpStub {
  /** Such as smtp://127.0.0.1:12345, without TLS. */
  readonly url: string;
  readonly port: number;
  /** What it has taken, in the order of arrival. */
  readonly received: ReceivedMail[];
  /** How many messages have come whole, whether it took them or not. */
  readonly arrived: () => number;
  /** Answers one step with a code such as 550, in words that repeat the address; null to take everything. */
  refuse(answer: { step: Step; code: number } | null): void;
  /** Whether messages that have arrived stay without an answer. */
  stall(whether: boolean): void;
  close(): Promise<void>;
}

/** @param port any free one when left out. */
export async function startSmtpServer(port = 0): Promise<SmtpStub> {
  const received: ReceivedMail[] = [];
  let refusal: { step: Step; code: number } | null = null;
  let stalling = false;
  let arrived = 0;
  const refusalOf = (step: Step, whom: string): Error | null =>
    refusal?.step === step
      ? Object.assign(new Error(`nothing here for ${whom}`), { responseCode: refusal.code })
      : null;
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 1,
    onAuth: ({ username = "" }, _session, done) => done(refusalOf("login", username), { user: username }),
    onMailFrom: ({ address }, _session, done) => done(refusalOf("sender", address)),
    onRcptTo: ({ address }, _session, done) => done(refusalOf("recipient", address)),
    onData: (stream, session, done) => {
      const answer = (raw: string): void => {
        arrived++;
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        if (stalling) return;
        const problem = refusalOf("message", recipients.join());
        if (!problem) received.push({ recipients, ...parse(raw) });
        done(problem);
      };
      // A client that goes away in the middle is part of some tests.
      text(stream).then(answer, () => undefined);
    },
  });
  server.on("error", () => undefined);
  const listening = server.listen(port, "127.0.0.1");
  await once(listening, "listening");
  const { port: taken } = listening.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${taken}`,
    port: taken,
    received,
    arrived: () => arrived,
    refuse: answer => void (refusal = answer),
    stall: whether => void (stalling = whether),
    close: () => new Promise(resolve => server.close(resolve)),
  };
}

function parse(raw: string): Pick<ReceivedMail, "headers" | "body"> {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = lines.map(line => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { headers: Object.fromEntries(headers), body: raw.slice(end + 4).trimEnd() };
}

/** Waits until `isSo`; fails the test when that takes half a minute. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${isSo.toString()}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
