// The database as the rest of the program sees it: one handle over PGlite or PostgreSQL, and sessions that are either outside
// or inside a transaction.
import { PrismaClient, type Prisma } from "../generated/prisma/client";
import { ChangeFeed } from "./change-feed";
import type { Connection, DatabaseKind, Driver, PoolState } from "./driver";
import { translateDatabaseErrors } from "./database-errors";
import { Replica, type ReplicaOptions } from "./replica";
import type { Sql } from "./sql";
import { StatementObserver, type StatementListener, type StatementWatcher } from "./statements";

/** Where a piece of work reads and writes: outside any transaction, or inside one. */
export interface DatabaseSession {
  /**
   * Rows of one parameterised statement, column aliases as keys. Select text, integers, booleans and text arrays only: other types
   * come back differently from the two drivers.
   * @throws AppError SERVICE_UNAVAILABLE when the database does not answer in time.
   */
  query<Row>(statement: Sql): Promise<Row[]>;
  /** Prisma's typed models; `$transaction` is not among them, see `Database.transaction`. */
  readonly models: Prisma.TransactionClient;
}

export interface Database extends DatabaseSession {
  readonly kind: DatabaseKind;
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it throws. Statements of other sessions from inside
   * `work` are refused at once.
   */
  transaction<T>(work: (session: DatabaseSession) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** A bare connection in a transaction, for migrations and bulk work; see Driver. */
  exclusive<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** @returns a function that ends the listening. */
  onStatement(listener: StatementListener): () => void;
  /** As onStatement, and told how each statement ended. @returns a function that ends the watching. */
  watchStatements(watcher: StatementWatcher): () => void;
  /** The embedded database has one connection. */
  poolState(): PoolState;
  /** How many statements can run at once. */
  readonly connections: number;
  /** What changes, whoever changes it. Has to be started. */
  readonly changes: ChangeFeed;
  /**
   * Where public content may be read as well, when it is enough that everything heard from `changes` is in it: from a standby that has
   * it all, or else from here. Null without a standby.
   */
  readonly replica: Pick<DatabaseSession, "query"> | null;
  close(): Promise<void>;
}

export interface TransactionOptions {
  /** Milliseconds after which the transaction is rolled back; 5,000 when left out. */
  timeoutMs?: number;
  /** Nothing can be written, and every statement sees the database as it was at the first one. */
  snapshot?: boolean;
}

export function createDatabase(driver: Driver, standby?: Pick<ReplicaOptions, "pool" | "onUse">): Database {
  const observer = new StatementObserver();
  const changes = new ChangeFeed(driver);
  const prisma = new PrismaClient({ adapter: observer.observe(driver.adapter), errorFormat: "minimal" });
  const observed = async <Row>(statement: Sql, read: () => Promise<Row[]>) => {
    observer.assertOutsideTransaction();
    return translateDatabaseErrors(() => observer.sending(statement.text, read));
  };
  const fromPrimary = <Row>({ text, values }: Sql) => driver.query<Row>(text, values);
  const query = <Row>(statement: Sql) => observed<Row>(statement, () => fromPrimary<Row>(statement));
  const replica =
    standby && new Replica({ ...standby, changes, askPrimary: (text, values) => driver.query(text, values) });
  return {
    kind: driver.kind,
    models: prisma,
    query,
    replica: replica
      ? {
          query: <Row>(statement: Sql) =>
            observed<Row>(statement, async () => (await replica.query<Row>(statement)) ?? fromPrimary<Row>(statement)),
        }
      : null,
    transaction: (work, { timeoutMs = 5_000, snapshot = false } = {}) =>
      translateDatabaseErrors(() =>
        prisma.$transaction(
          client =>
            observer.runTransaction(() =>
              withConstraintsChecked(client, async () => {
                if (snapshot) await client.$executeRaw`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY`;
                return work({ models: client, query: <Row>(statement: Sql) => client.$queryRaw<Row[]>(statement) });
              }),
            ),
          { timeout: timeoutMs, maxWait: timeoutMs },
        ),
      ),
    exclusive: work => driver.exclusive(work),
    onStatement: listener => observer.listen(listener),
    watchStatements: watcher => observer.watch(watcher),
    poolState: () => driver.poolState(),
    connections: driver.connections,
    changes,
    close: async () => {
      await changes.stop();
      await replica?.close();
      await prisma.$disconnect();
      await driver.close();
    },
  };
}

/**
 * Checks deferred constraints as the last statement of a transaction: PGlite's adapter takes a COMMIT that failed for one that
 * succeeded, and an error of a statement says which constraint it was on both databases.
 */
async function withConstraintsChecked<T>(client: Prisma.TransactionClient, work: () => Promise<T>): Promise<T> {
  const result = await work();
  await client.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
  return result;
}
