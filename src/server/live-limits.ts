// How much live connections may take of the server. The first two are for operators to change.

export interface LiveLimits {
  /** Of all clients together. */
  maxConnections: number;
  maxConnectionsPerAddress: number;
  /** On one connection. */
  maxSubscriptions: number;
  /** On one connection; what comes faster is read later. */
  maxMessagesPerSecond: number;
  /** Until a connection has said who it is. */
  initTimeoutMs: number;
  /** How often a client is asked whether it is there; one that has not answered by the next time is not. */
  keepAliveMs: number;
  /** What may wait to be read by a client before it is dropped. One answer of any size may come on top. */
  maxBufferedBytes: number;
  /** Each takes more than its bytes. */
  maxBufferedMessages: number;
}

export const defaultLiveLimits: LiveLimits = {
  maxConnections: 2_000,
  maxConnectionsPerAddress: 100,
  maxSubscriptions: 20,
  maxMessagesPerSecond: 25,
  initTimeoutMs: 5_000,
  keepAliveMs: 15_000,
  maxBufferedBytes: 1_000_000,
  maxBufferedMessages: 500,
};
