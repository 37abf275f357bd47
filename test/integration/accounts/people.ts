// People with accounts, as the tests beside this make them and act for them; and every secret that there was, which nobody may learn.
import type { Viewer } from "../../../src/request/context";
import { createTestApi, type ExecuteOptions, type TestApi } from "../../support/api";
import { createTestServices, publicUrl } from "../../support/services";

interface UserError {
  code: string;
  message: string;
  path: string[] | null;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

export interface Person {
  email: string;
  password: string;
  viewer: Viewer;
  tokens: Tokens;
}

interface Circumstances {
  /** What happens, once, right after the next password was compared. */
  meanwhile: (() => Promise<unknown>) | undefined;
  isHashOutdated: boolean;
  areAttemptsCounted: boolean;
}

export const password = "correct-Horse-7-battery";
export const newPassword = "another-Staple-8-horses";
export const minutes = 60_000;
export const days = 24 * 60 * minutes;
export const later = (milliseconds: number): Partial<ExecuteOptions> => ({
  startedAt: new Date(Date.now() + milliseconds),
});

export let api: TestApi;
const ordinary: Circumstances = { meanwhile: undefined, isHashOutdated: false, areAttemptsCounted: true };
/** A test sets what it needs; afterwards all is as it was. */
export const circumstances = { ...ordinary };
/** Every secret that was sent, given or mailed, and all answers. */
export const secrets = new Set<string>([password, newPassword]);
const answers: string[] = [];

/** Gives the test file that calls it `api`, over a database of its own. */
export function useAccounts(): void {
  beforeAll(async () => {
    const { passwords, attempts } = await createTestServices();
    api = await createTestApi({
      golden: "empty",
      services: {
        passwords: {
          ...passwords,
          verify: async (hash, text, from) => {
            const isRight = await passwords.verify(hash, text, from);
            const happens = circumstances.meanwhile;
            circumstances.meanwhile = undefined;
            await happens?.();
            return isRight;
          },
          needsRehash: hash => circumstances.isHashOutdated || passwords.needsRehash(hash),
        },
        attempts: {
          ...attempts,
          take: async (rule, keys) => (circumstances.areAttemptsCounted ? attempts.take(rule, keys) : undefined),
        },
      },
    });
  });
  afterEach(() => {
    Object.assign(circumstances, ordinary);
  });
  afterAll(() => api.close());
}

let counter = 0;

/** Runs one operation, each from an address of its own, so that no limit is met that is not meant. */
export async function run<Data>(query: string, variables: Record<string, unknown> = {}, options: ExecuteOptions = {}) {
  const client = { address: `10.0.${(++counter >> 8) & 255}.${counter & 255}`, userAgent: "jest", cookies: null };
  const result = await api.execute<Data, Record<string, unknown>>(query, variables, { client, ...options });
  answers.push(JSON.stringify(result));
  return result;
}

/** Runs one mutation without errors; gives its payload. */
export async function mutate<Payload = object>(
  name: string,
  input: Record<string, unknown> | null,
  { select = "", ...options }: ExecuteOptions & { select?: string } = {},
): Promise<Payload & { userErrors: UserError[] }> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const [declared, given] = input === null ? ["", ""] : [`($input: ${type})`, "(input: $input)"];
  const query = `mutation ${declared} { payload: ${name}${given} { ${select} userErrors { code message path } } }`;
  for (const field of ["password", "newPassword", "currentPassword"]) {
    const text = input?.[field];
    if (typeof text === "string" && text !== "") secrets.add(text);
  }
  const { data, errors } = await run<{ payload: Payload & { userErrors: UserError[] } }>(
    query,
    input ? { input } : {},
    options,
  );
  expect(errors).toEqual([]);
  return data.payload;
}

/** Runs one mutation that is refused; gives the codes and paths of the reasons. */
export async function refused(name: string, input: Record<string, unknown> | null, options: ExecuteOptions = {}) {
  const { userErrors } = await mutate(name, input, options);
  expect(userErrors).not.toEqual([]);
  return userErrors.map(({ code, path }) => [code, path?.join(".") ?? null]);
}

export async function done<Payload = object>(...given: Parameters<typeof mutate>): Promise<Payload> {
  const payload = await mutate<Payload>(...given);
  expect(payload.userErrors).toEqual([]);
  return payload;
}

export const tokenFields = "tokens { accessToken refreshToken }";

export function remember(tokens: Tokens): Tokens {
  secrets.add(tokens.accessToken).add(tokens.refreshToken);
  return tokens;
}

export async function signIn(email: string, using = password): Promise<{ viewer: Viewer; tokens: Tokens }> {
  const { tokens } = await done<{ tokens: Tokens }>("signIn", { email, password: using }, { select: tokenFields });
  const claims = await api.services.tokens.verifyAccess(remember(tokens).accessToken);
  const { role } = await api.database.models.user.findUniqueOrThrow({ where: { id: claims!.userId } });
  return { tokens, viewer: { ...claims!, role } };
}

export const newEmail = () => `person-${++counter}@example.org`;

/** Somebody with an account who is signed in. */
export async function createPerson(given: { email?: string; role?: Viewer["role"] } = {}): Promise<Person> {
  const { email = newEmail(), role = "LEARNER" } = given;
  await done("signUp", { email, password, displayName: "Somebody" });
  await api.database.models.user.update({ where: { emailKey: email.toLowerCase() }, data: { role } });
  return { email, password, ...(await signIn(email)) };
}

export const mailsTo = (recipient: string) =>
  api.database.models.mailMessage.findMany({ where: { recipient }, orderBy: { id: "asc" } });

/** The token in the last mail to an address; fails when that mail has no link to this page. */
export async function mailedToken(recipient: string, page: "verify-email" | "reset-password"): Promise<string> {
  const body = (await mailsTo(recipient)).at(-1)?.body ?? "";
  expect(body).toContain(`\n${publicUrl}/${page}#token=`);
  const token = /#token=([\w-]{43})\n/.exec(body)![1]!;
  secrets.add(token);
  return token;
}

export async function isSignedIn({ tokens }: { tokens: Tokens }, options: ExecuteOptions = {}): Promise<boolean> {
  const payload = await mutate<{ tokens: Tokens | null }>(
    "refreshSession",
    { refreshToken: tokens.refreshToken },
    { select: tokenFields, ...options },
  );
  if (payload.tokens) remember(payload.tokens);
  return payload.tokens !== null;
}

export const works = async (email: string, using: string) =>
  (await mutate("signIn", { email, password: using })).userErrors.length === 0;

export const userOf = ({ viewer }: Person) =>
  api.database.models.user.findUniqueOrThrow({ where: { id: viewer.userId } });

/** How a link is refused that is good for nothing (any more). */
export const badLink = [["INVALID_TOKEN", "input.token"]];

/** Of all that the tests of the file have done so far. @param least how many hashes and secrets that has to be more than */
export async function expectSecretsKept(least: { hashes: number; secrets: number }): Promise<void> {
  const users = await api.database.models.user.findMany({ select: { passwordHash: true } });
  const hashes = users.flatMap(({ passwordHash }) => passwordHash ?? []);
  expect(hashes.length).toBeGreaterThan(least.hashes);
  expect(secrets.size).toBeGreaterThan(least.secrets);
  const log = api.log.join("\n");
  expect([...secrets, ...hashes, "$argon2"].filter(secret => log.includes(secret))).toEqual([]);
  const answered = answers.join("\n");
  expect([...hashes, "$argon2", password, newPassword].filter(secret => answered.includes(secret))).toEqual([]);
}
