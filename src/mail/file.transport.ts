// Mail as files in a folder, for development: what would be sent can be read there while the server runs, whose lock
// keeps everybody else out of the embedded database.
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assertSingleLines, type MailTransport, type OutgoingMail } from "./mail.message";

/** Where the mail of a server with this data directory is. */
export const mailDirectory = (dataDirectory: string): string => join(dataDirectory, "mail");

/**
 * Writes each mail to `<time>-<id>.txt` in `directory`, which it makes when needed. Only the owner can read them: their
 * links are secrets. A mail that is sent twice is one file, and a file is there whole or not at all.
 */
export function createFileTransport(directory: string): MailTransport {
  return {
    send: async mail => {
      assertSingleLines(mail);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const path = join(directory, fileName(mail));
      await writeFile(`${path}.draft`, print(mail), { mode: 0o600 });
      await rename(`${path}.draft`, path);
    },
    close: () => undefined,
  };
}

/** What a file transport wrote to `directory`, the newest first, at most `limit`; nothing when there is none. */
export async function readMailFiles(directory: string, limit: number): Promise<OutgoingMail[]> {
  const names = (await namesIn(directory)).filter(name => /^\d{8}T\d{9}Z-\d+\.txt$/.test(name));
  const newest = names
    .sort(new Intl.Collator("en", { numeric: true }).compare)
    .reverse()
    .slice(0, limit);
  return Promise.all(newest.map(async name => parse(await readFile(join(directory, name), "utf8"))));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The time without what some file systems refuse in names. */
function fileName({ id, createdAt }: OutgoingMail): string {
  return `${createdAt.replace(/[-:.]/g, "")}-${id}.txt`;
}

function print({ id, createdAt, recipient, subject, body }: OutgoingMail): string {
  return `Id: ${id}\nTime: ${createdAt}\nTo: ${recipient}\nSubject: ${subject}\n\n${body}`;
}

function parse(text: string): OutgoingMail {
  const [head = "", ...body] = text.split("\n\n");
  const [id = "", createdAt = "", recipient = "", subject = ""] = head
    .split("\n")
    .map(line => line.slice(line.indexOf(":") + 2));
  return { id, createdAt, recipient, subject, body: body.join("\n\n") };
}
