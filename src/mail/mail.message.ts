// One mail on its way out, and what takes it there. Knows no table and no protocol.

export interface OutgoingMail {
  /** The row's id, in digits. */
  readonly id: string;
  /** When it was queued: ISO 8601 in UTC, with milliseconds. */
  readonly createdAt: string;
  readonly recipient: string;
  readonly subject: string;
  /** Plain text. */
  readonly body: string;
}

export interface MailTransport {
  /**
   * Resolves once somebody else is responsible for the mail. Ends within 45 seconds: after 60, another sender takes it.
   * @throws MailFailure, or any other error, which then counts as one that passes.
   */
  send(mail: OutgoingMail): Promise<void>;
  close(): void;
}

/** Why a mail was not taken. Says nothing of the mail and nothing in the server's words: it is logged and kept. */
export class MailFailure extends Error {
  override readonly name = "MailFailure";

  /**
   * @param code such as "EENVELOPE 550".
   * @param permanent whether every further attempt would end the same way.
   */
  constructor(
    readonly code: string,
    readonly permanent: boolean,
  ) {
    super(code);
  }
}

/**
 * A line break in an address or a subject would begin a header of somebody else's choice.
 * @throws MailFailure, permanent.
 */
export function assertSingleLines({ recipient, subject }: Pick<OutgoingMail, "recipient" | "subject">): void {
  // Of Unicode's line breaks too: what is a line is the receiver's opinion.
  if (/[\p{Cc}\u2028\u2029]/u.test(recipient + subject)) throw new MailFailure("EHEADER", true);
}
