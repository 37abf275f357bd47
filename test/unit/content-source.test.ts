// Where an operation reads public content: on the replica when it may lag, until it has read something that only the primary is sure to have.
import { createContext, loaderSource, readInstead, type RequestFacts } from "../../src/request/context";
import type { Database } from "../../src/db/database";
import { sql } from "../../src/db/sql";
import type { Services } from "../../src/request/services";
import { SharedBatches } from "../../src/request/shared-batches";

const replica = { query: () => Promise.resolve([]) };
const database = { query: () => Promise.resolve([]), replica } as unknown as Database;
const contextOf = (facts: Partial<RequestFacts>) =>
  createContext({ database, services: {} as Services, viewer: null, requestId: "test", ...facts });

describe("Public content", () => {
  it("is read on the replica by those who said that they can wait for it, and by nobody else", () => {
    expect(loaderSource(contextOf({ mayLag: true })).session).toBe(replica);
    expect(loaderSource(contextOf({})).session).toBe(database);
    const alone = { ...database, replica: null };
    expect(loaderSource(contextOf({ database: alone, mayLag: true })).session).toBe(alone);
  });

  it("is read on the primary once something else was: what that leads to may be newer than the replica", () => {
    const ctx = contextOf({ mayLag: true });
    expect(ctx.viewer).toBeNull();
    expect(loaderSource(ctx).session).toBe(replica);
    void ctx.session;
    expect(loaderSource(ctx).session).toBe(database);
  });

  it("is not shared with others by whoever reads other tables instead", () => {
    const ctx = contextOf({ mayLag: true, sharing: new SharedBatches(10) });
    readInstead(ctx, sql`"topic" AS (SELECT 1)`);
    const { session, sharing } = loaderSource(ctx);
    expect([replica, database]).not.toContain(session);
    expect(sharing).toBeNull();
  });
});
