// What an operation may need beside the database, made once for the process and handed to every context.
import type { AttemptLimiter } from "../auth/attempts";
import type { PasswordService } from "../auth/passwords";
import type { TokenService } from "../auth/tokens";

export interface Services {
  readonly tokens: TokenService;
  readonly passwords: PasswordService;
  readonly attempts: AttemptLimiter;
  /** Answers that must not tell whether an account exists take at least this long, in milliseconds. */
  readonly quietMs: number;
  /** Where the site is, for links in mails; without a slash at the end. */
  readonly publicUrl: string;
  /** Whether a revision is published only after somebody else than its author has approved it. */
  readonly fourEyes: boolean;
  /** Tells the publisher that a committed transaction has scheduled a revision. */
  readonly revisionScheduled: () => void;
  /** Tells the sender that a committed transaction has queued mail. */
  readonly mailQueued: () => void;
}
