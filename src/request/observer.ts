// What loaders, shared batches and services tell those who watch the server. Where nobody does, there is no observer, and nothing is told.
import type { OperationRecord, SignInOutcome } from "./operation-record";

/** The piece of work that is under way, as the observer knows it; undefined where it does not have to know. */
export type Scope = object | undefined;

export interface Observer {
  /** Somebody tried to sign in. */
  signIn(outcome: SignInOutcome): void;
  /** Runs `work`, a batch of one operation: so many keys of the loader of this name. */
  batch<T>(record: OperationRecord, loader: string, keys: number, work: () => Promise<T>): Promise<T>;
  /** The piece of work from which it is called. */
  scope(): Scope;
  /** Runs `work`, a batch that several operations share; `askers` are the scopes that have asked for it. */
  joined<T>(loader: string, keys: number, askers: readonly Scope[], work: () => Promise<T>): Promise<T>;
}
