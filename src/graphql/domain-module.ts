// What a module of the domain hands to the server.
import type { NodeReader } from "./node-reader";

export interface DomainModule {
  /** type-graphql resolver classes. */
  resolvers: readonly (new () => object)[];
  /** Types that no field names, only an interface. */
  types?: readonly object[];
  /** How `node(id)` reads the module's entities. */
  nodes: readonly NodeReader[];
}
