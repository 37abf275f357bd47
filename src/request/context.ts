// What one operation carries: who asks, the database session it reads from, its loaders. A transaction is a new context.
import type { Database, DatabaseSession, TransactionOptions } from "../db/database";
import { withTables, type Sql } from "../db/sql";
import type { Role } from "../generated/prisma/enums";
import { Explanation } from "./explain";
import type { LoaderInstances } from "./loader";
import type { Services } from "./services";

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
  readonly loaders: LoaderInstances;
  /** The time at which the request began, the same for all of its fields. */
  readonly startedAt: Date;
  /** Null unless the operation is to be explained. */
  readonly explanation: Explanation | null;
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
  /** Notes every statement; false when left out. */
  explain?: boolean;
}

const unknownClient: Client = { address: "::", userAgent: null, cookies: null };

export function createContext(facts: RequestFacts): RequestContext {
  const { database, services, requestId, viewer, guestId = null, client = unknownClient } = facts;
  const { startedAt = new Date(), explain = false } = facts;
  const explanation = explain ? new Explanation() : null;
  const session = explanation?.observe(database) ?? database;
  const identity: Identity = { viewer, guestId };
  return withViewer({
    database,
    services,
    requestId,
    client,
    session,
    startedAt,
    explanation,
    identity,
    loaders: new Map(),
  });
}

/** Not an own property: Apollo copies the context of each operation, own properties alone, and would keep the first viewer for good. */
const livePart = {
  get viewer(): Viewer | null {
    return (this as unknown as RequestContext).identity.viewer;
  },
};

/** `viewer` is who asks at the moment of reading: a mutation before in the same operation may have signed somebody in. */
function withViewer(context: Omit<RequestContext, "viewer">): RequestContext {
  return Object.assign(Object.create(livePart) as typeof livePart, context);
}

/** Who has progress and bookmarks: the viewer, or the guest; null for somebody who is neither. */
export function learnerId({ identity }: RequestContext): string | null {
  return identity.viewer?.userId ?? identity.guestId;
}

/**
 * Runs `work` with a context of its own, whose session is one transaction and whose loaders are fresh: committed when it resolves,
 * rolled back when it throws. Reads through the outer context from inside `work` are refused at once.
 */
export function inTransaction<T>(
  ctx: RequestContext,
  work: (inner: RequestContext) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  return ctx.database.transaction(
    session => work(withViewer({ ...ctx, session: ctx.explanation?.observe(session) ?? session, loaders: new Map() })),
    options,
  );
}

/** For the rest of the operation, these tables are read in the place of those of the same names. Nothing is written. */
export function readInstead(ctx: RequestContext, tables: Sql): void {
  const { session } = ctx;
  const instead: DatabaseSession = {
    models: session.models,
    query: statement => session.query(withTables(tables, statement)),
  };
  (ctx as { session: DatabaseSession }).session = instead;
  ctx.loaders.clear();
}

/** The day on which the request began, in UTC, as YYYY-MM-DD. */
export function today(ctx: RequestContext): string {
  return ctx.startedAt.toISOString().slice(0, 10);
}
