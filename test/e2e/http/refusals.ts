// What every refusal must be, whatever caused it; used by all tests of bad input.
import { errorCodes } from "../../../src/errors/app-error";

interface RefusedError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string } & Record<string, unknown>;
}

export interface Refusal {
  body: { data?: unknown; errors: RefusedError[] };
  /** Of the first error. */
  error: RefusedError;
}

/** Put into what a test submits; it must never come back. */
export const canary = "c4nary-Zq7";

/** What must never be in an answer: stacks, paths, SQL, names of libraries. */
export const internals =
  /\n\s+at |node_modules|\/(?:src|dist|work|home|root|usr)\/|\.[jt]s:\d|\b(?:SELECT|INSERT|WHERE) |[Pp]risma|PGlite|postgres|class-validator|graphql-js|call stack|TypeError|Fastify|FST_/;

/**
 * Fails unless the answer is JSON errors with `status`, `code` and nothing internal or submitted in it.
 * @param code the code of every error
 */
export async function expectRefusal(response: Response, status: number, code: string): Promise<Refusal> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.stringContaining('"errors"') as string });
  expect(response.headers.get("content-type")).toMatch(/^application\/(graphql-response\+)?json\b/);
  expect(text).not.toMatch(internals);
  expect(text).not.toContain(canary);
  const body = JSON.parse(text) as Refusal["body"];
  expect(body.errors.length).toBeGreaterThan(0);
  for (const { message, extensions } of body.errors) {
    expect(message).toMatch(/\S/);
    expect({ code: extensions.code, message }).toEqual({ code, message });
    expect(errorCodes).toContain(extensions.code);
  }
  const [error] = body.errors;
  if (!error) throw new Error("no error");
  return { body, error };
}
