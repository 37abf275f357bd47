// What one operation carries: who asks, the database session it reads from, its loaders. A transaction is a new context.
import type { Database, DatabaseSession } from "../db/database";
import { withTables, type Sql } from "../db/sql";
import { AppError } from "../errors/app-error";
import type { Role } from "../generated/prisma/enums";
import type { Charge } from "./charge";
import { Explanation } from "./explain";
import type { OperationRecord } from "./operation-record";
import type { Reads } from "./reads";
import type { Services } from "./services";
import type { SharedBatches } from "./shared-batches";

/** Somebody who is signed in; a guest is null. */
export interface Viewer {
  readonly userId: string;
  readonly role: Role;
  /** The sign-in that the access token belongs to. */
  readonly sessionId: string;
}

/** Who asks. Signing in and out changes it for the rest of the operation. */
export interface Identity {
  viewer: Viewer | null;
  /** The learner of a guest token; kept beside a viewer, who may take it over. */
  guestId: string | null;
}

/** What the transport knows of the client, and how tokens reach a browser. */
export interface Client {
  /** The IP address, as the trusted proxies tell it. */
  readonly address: string;
  readonly userAgent: string | null;
  /** Null where the transport has no cookies. */
  readonly cookies: ClientCookies | null;
  /** Where the client is sent events: ends the connection of one that takes them more slowly than they come. */
  readonly overrun?: () => void;
}

/** Tokens in httpOnly cookies: the page's own scripts never see them. */
export interface ClientCookies {
  readonly refreshToken: string | null;
  set(tokens: { access?: TimedToken; refresh?: TimedToken; guest?: TimedToken }): void;
  clear(...tokens: ("access" | "refresh" | "guest")[]): void;
}

export interface TimedToken {
  token: string;
  expiresAt: Date;
}

/** Reading who asks, what is outside the public content, or the time, is noted in `reads`, where an answer is watched. */
export interface RequestContext {
  readonly database: Database;
  /** The session to read and write with: outside any transaction, or the transaction of this context. */
  readonly session: DatabaseSession;
  /** Shared with the contexts of transactions; read it through `viewer`. */
  readonly identity: Identity;
  readonly viewer: Viewer | null;
  readonly client: Client;
  readonly services: Services;
  readonly requestId: string;
  /** What is made once for this context, by what it is made for: loaders, which remember what was read, and resolvers with their arguments. */
  readonly memo: Map<object, unknown>;
  /** The time at which the request began, the same for all of its fields. */
  readonly startedAt: Date;
  /** Null unless the operation is to be explained. */
  readonly explanation: Explanation | null;
  /** What the answer is made of; null where nobody wants to know. */
  readonly reads: Reads | null;
  /** What the operation takes of its asker's budget; null where none is kept. */
  readonly charge: Charge | null;
  /** What is noted of the operation; null where nobody watches. */
  readonly record: OperationRecord | null;
}

export interface RequestFacts {
  database: Database;
  services: Services;
  viewer: Viewer | null;
  /** Null when left out. */
  guestId?: string | null;
  /** Of no known address, without cookies, when left out. */
  client?: Client;
  requestId: string;
  startedAt?: Date;
  /** Whether nobody waits for the answer any more: then loaders read nothing more. Somebody always does, when left out. */
  isOver?: () => boolean;
  /** Notes every statement; false when left out. */
  explain?: boolean;
  /** Where what the answer is made of is noted; nowhere when left out. */
  reads?: Reads | null;
  /** Reads of public content join those of other requests there; they do not when left out. */
  sharing?: SharedBatches | null | undefined;
  /** The operation costs nothing when left out. */
  charge?: Charge | null | undefined;
  /** Whether public content may be read from the replica, where there is one; false when left out. */
  mayLag?: boolean;
  /** Where what happens is noted; nowhere when left out. */
  record?: OperationRecord | null | undefined;
}

const unknownClient: Client = { address: "::", userAgent: null, cookies: null };

/** What stands behind a context. Read through accessors, which note it. */
interface Behind {
  readonly database: Database;
  session: DatabaseSession;
  readonly identity: Identity;
  readonly client: Client;
  readonly startedAt: Date;
  readonly reads: Reads | null;
  readonly sharing: SharedBatches | null;
  /** Until something was read that the replica may not have yet: what that leads to has to be there. */
  mayLag: boolean;
  isOver: () => boolean;
  /** What belongs into each transaction beside its own work. */
  atEnd: ((session: DatabaseSession) => Promise<void>) | null;
}

const behind = Symbol("what stands behind the context");

type Plain = Pick<RequestContext, "services" | "requestId" | "explanation" | "reads" | "charge" | "record">;

/**
 * Not own properties: Apollo copies the context of each operation, own properties alone, and would read them all, and keep the first
 * viewer for good.
 */
class OperationContext implements RequestContext {
  readonly services: Services;
  readonly requestId: string;
  readonly memo = new Map<object, unknown>();
  readonly explanation: Explanation | null;
  readonly reads: Reads | null;
  readonly charge: Charge | null;
  readonly record: OperationRecord | null;
  readonly [behind]: Behind;

  constructor(plain: Plain, parts: Behind) {
    this.services = plain.services;
    this.requestId = plain.requestId;
    this.explanation = plain.explanation;
    this.reads = plain.reads;
    this.charge = plain.charge;
    this.record = plain.record;
    this[behind] = parts;
  }

  get database(): Database {
    this[behind].reads?.opaque();
    return this[behind].database;
  }

  get session(): DatabaseSession {
    this[behind].reads?.opaque();
    this[behind].mayLag = false;
    return this[behind].session;
  }

  get identity(): Identity {
    this[behind].reads?.viewer();
    return this[behind].identity;
  }

  /** Who asks at the moment of reading: a mutation before in the same operation may have signed somebody in. */
  get viewer(): Viewer | null {
    return this.identity.viewer;
  }

  get client(): Client {
    this[behind].reads?.opaque();
    return this[behind].client;
  }

  get startedAt(): Date {
    this[behind].reads?.opaque();
    return this[behind].startedAt;
  }
}

const behindOf = (ctx: RequestContext): Behind => (ctx as OperationContext)[behind];

export function createContext(facts: RequestFacts): RequestContext {
  const { database, services, requestId, viewer, guestId = null, client = unknownClient } = facts;
  const {
    startedAt = new Date(),
    explain = false,
    reads = null,
    sharing = null,
    mayLag = false,
    charge = null,
    record = null,
    isOver = () => false,
  } = facts;
  const explanation = explain ? new Explanation() : null;
  const session = explanation?.observe(database) ?? database;
  return new OperationContext(
    { services, requestId, explanation, reads, charge, record },
    {
      database,
      session,
      client,
      startedAt,
      reads,
      sharing,
      mayLag,
      isOver,
      atEnd: null,
      identity: { viewer, guestId },
    },
  );
}

/** For loaders: where they read, so that what they note is what they know, and with whom. */
export interface LoaderSource {
  readonly session: Pick<DatabaseSession, "query">;
  readonly reads: Reads | null;
  /** Null where what is read differs from what everybody would read: in a transaction, or with tables read instead. */
  readonly sharing: SharedBatches | null;
}

export function loaderSource(ctx: RequestContext): LoaderSource {
  const { session, database, reads, sharing, mayLag } = behindOf(ctx);
  if (session !== database) return { session, reads, sharing: null };
  return { session: (mayLag ? database.replica : null) ?? database, reads, sharing };
}

/** For loaders, before they read. @throws AppError when nobody waits for the answer any more; so nobody sees it. */
export function assertAwaited(ctx: RequestContext): void {
  if (behindOf(ctx).isOver()) throw new AppError("SERVICE_UNAVAILABLE", "Nobody waits for the answer any more.");
}

/** Who has progress and bookmarks: the viewer, or the guest; null for somebody who is neither. */
export function learnerId({ identity }: RequestContext): string | null {
  return identity.viewer?.userId ?? identity.guestId;
}

/**
 * Runs `work` with a context of its own, whose session is one transaction and whose loaders are fresh: committed when it resolves,
 * rolled back when it throws. Reads through the outer context from inside `work` are refused at once.
 */
export function inTransaction<T>(ctx: RequestContext, work: (inner: RequestContext) => Promise<T>): Promise<T> {
  const { explanation } = ctx;
  return ctx.database.transaction(async session => {
    const parts = { ...behindOf(ctx) };
    parts.session = explanation?.observe(session) ?? session;
    const result = await work(new OperationContext(ctx, parts));
    await parts.atEnd?.(session);
    return result;
  });
}

/** From now on, each transaction of the operation ends with `work`, and is rolled back when that throws. */
export function endTransactionsWith(ctx: RequestContext, work: (session: DatabaseSession) => Promise<void>): void {
  behindOf(ctx).atEnd = work;
}

/** From now on the operation reads on when nobody waits for its answer any more: it is kept for later. */
export function answerInAnyCase(ctx: RequestContext): void {
  behindOf(ctx).isOver = () => false;
}

/** For the rest of the operation, these tables are read in the place of those of the same names. Nothing is written. */
export function readInstead(ctx: RequestContext, tables: Sql): void {
  // Noted as opaque: what is read instead is not what is announced.
  const { session } = ctx;
  const instead: DatabaseSession = {
    models: session.models,
    query: statement => session.query(withTables(tables, statement)),
  };
  behindOf(ctx).session = instead;
  ctx.memo.clear();
}

/** The day on which the request began, in UTC, as YYYY-MM-DD. */
export function today(ctx: RequestContext): string {
  const { startedAt, reads } = behindOf(ctx);
  reads?.day(startedAt);
  return startedAt.toISOString().slice(0, 10);
}
