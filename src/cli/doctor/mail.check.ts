// The mail server, where one is configured: reachable, TLS, and whether it takes the login. Sends nothing.
import type { ProjectConfig } from "../../config/project-config";
import { MailFailure } from "../../mail/mail.message";
import { verifySmtp } from "../../mail/mail.transport";
import { failure, messageOf, ok, warning, type Check } from "./checkup";
import { isLocal } from "./configuration.check";

const limitMs = 5_000;

const advice: readonly [RegExp, string][] = [
  [/^EAUTH/, "it refuses the login: correct user and password in SMTP_URL"],
  [/^ETLS/, "there is no TLS with it, without which no password is sent: use smtps://, or correct its certificate"],
  [
    /^(ESOCKET|ECONNECTION|ECONNREFUSED)/,
    "nothing answers there: correct host and port in SMTP_URL, or let this machine through the firewall",
  ],
  [
    /^ETIMEDOUT/,
    "it does not answer in time: correct host and port in SMTP_URL (465 is for smtps://, 587 for smtp://)",
  ],
  [/^EDNS/, "its name is not known: correct the host in SMTP_URL"],
];

export function mailCheck({ accounts: { smtpUrl, mailFrom }, production }: ProjectConfig): Check {
  return {
    name: "mail",
    run: async () => {
      if (smtpUrl === undefined) {
        // That it is missing in production is said of the configuration.
        return [
          ok(production ? "not used: mail waits in the database" : "not used: mail is written to files, see mail:show"),
        ];
      }
      const { host, hostname, protocol, username } = new URL(smtpUrl);
      try {
        await verifySmtp(smtpUrl, limitMs);
      } catch (error) {
        const code = error instanceof MailFailure ? error.code : messageOf(error);
        const what = advice.find(([pattern]) => pattern.test(code))?.[1] ?? "it cannot be used";
        return [failure(`the mail server ${host}: ${what} (${code})`)];
      }
      const found = [
        ok(`the mail server ${host} takes mail${username === "" ? "" : " with this login"}; sender ${mailFrom}`),
      ];
      if (
        production &&
        protocol === "smtp:" &&
        username === "" &&
        !isLocal(hostname) &&
        !smtpUrl.includes("requireTLS")
      ) {
        return [...found, warning("mail may go to it in the clear: use smtps://, or add ?requireTLS=true")];
      }
      return found;
    },
  };
}
