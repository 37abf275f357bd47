// The server's own log: what its lines have, and what they never have.
import { createLog } from "../../src/server/log";

const secret = "s3cret-v4lue";

/** As what libraries make: an object of a class. */
class Sent {
  constructor(readonly variables: object) {}
}

describe("createLog", () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "json" }, { write: line => void lines.push(line) });

  it.each([
    ...["authorization", "cookie", "set-cookie", "x-guest-token", "secret", "signingKeys"],
    ...["password", "currentPassword", "newPassword", "passwordHash"],
    ...["token", "accessToken", "refreshToken", "guestToken"],
  ])("removes the value of %s, at the top and inside of other things", name => {
    lines.length = 0;
    log.info({ [name]: secret }, "a");
    log.info({ headers: { [name]: secret, host: "kept" } }, "b");
    log.warn({ request: { variables: [{ input: { [name]: [secret] } }] } }, "c");
    log.warn({ sent: new Sent({ [name]: secret }) }, "d");
    expect(lines).toHaveLength(4);
    expect(lines.join("")).not.toContain(secret);
    expect(lines[1]).toContain("kept");
    for (const line of lines) expect(line).toContain("[removed]");
  });

  it("changes nothing of what it is given, and leaves out what is too deep to be looked through", () => {
    lines.length = 0;
    const given = { list: [{ token: secret, kept: 1 }] };
    let deep: object = { token: secret };
    for (let levels = 0; levels < 7; levels++) deep = { deep };
    log.info({ given, deep }, "an event");
    expect(given).toEqual({ list: [{ token: secret, kept: 1 }] });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ given: { list: [{ token: "[removed]", kept: 1 }] } });
    expect(lines[0]).not.toContain(secret);
    expect(lines[0]).toContain("[too deep]");
  });

  it("tells of an error what it says, with its causes, and not what a driver hangs on it", () => {
    lines.length = 0;
    const row = {
      detail: `Failing row contains (${secret})`,
      meta: { driverAdapterError: { cause: { detail: secret } } },
    };
    const cause = Object.assign(new Error("the cause"), { code: "23514", ...row });
    log.error({ err: Object.assign(new TypeError("what failed", { cause }), row) }, "a fault");
    log.error({ err: "a text that was thrown" }, "another");
    log.error({ others: [Object.assign(new Error("of many"), row)] }, "more");
    expect(lines.join("")).not.toContain(secret);
    const [first, second] = lines.map(line => (JSON.parse(line) as { err: object }).err);
    expect(first).toEqual({
      ...{ type: "TypeError", message: "what failed", stack: expect.stringContaining("log.test") as string },
      cause: {
        type: "Error",
        code: "23514",
        message: "the cause",
        stack: expect.stringContaining("the cause") as string,
      },
    });
    expect(second).toEqual({ message: "a text that was thrown" });
  });

  it("ends with an error that is its own cause", () => {
    lines.length = 0;
    const error = new Error("round and round");
    error.cause = error;
    log.error({ err: error }, "a fault");
    expect(lines[0]?.split("round and round").length).toBeLessThan(20);
  });

  it("writes one line of JSON for each event, with time and level in words", () => {
    lines.length = 0;
    log.info({ note: "two\nlines" }, "an event");
    log.debug("not at this level");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      note: "two\nlines",
      msg: "an event",
    });
  });
});
