// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { CatalogLiveResolver } from "./catalog-live.resolver";
import { CallToActionClaim, CatalogResolver } from "./catalog.resolver";

export const catalogModule: DomainModule = {
  resolvers: [CatalogResolver, CallToActionClaim, CatalogLiveResolver],
  nodes: [],
};
