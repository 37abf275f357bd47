// What scripts/build-playground.mjs adds to the bundle (the operations of test/operations, the texts to read, the workers' addresses),
// and the one global through which Monaco asks for a worker.

declare module "playground:content" {
  export interface Example {
    /** File name without its extension; the same as the operation's name. */
    readonly name: string;
    /** The first comment line of the file. */
    readonly description: string;
    readonly query: string;
    /** JSON text for the variables editor; empty when the operation takes none. */
    readonly variables: string;
  }

  export interface DocumentLink {
    readonly label: string;
    readonly href: string;
  }

  /** Never empty; the first is the one that the playground opens on. */
  export const examples: readonly [Example, ...Example[]];
  export const documents: readonly DocumentLink[];
}

declare module "playground:workers" {
  /** Addresses on our own origin, by the label under which the editor asks for a worker. */
  export const workers: { readonly editor: string; readonly json: string; readonly graphql: string };
}

declare var MonacoEnvironment: { getWorker: (workerId: string, label: string) => Worker };
