// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { SearchEdgeResolver, SearchResolver, SearchSuggestionResolver } from "./search.resolver";

export const searchModule: DomainModule = {
  resolvers: [SearchResolver, SearchEdgeResolver, SearchSuggestionResolver],
  nodes: [],
};
