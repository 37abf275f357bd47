// All that the server needs of this module.
import type { DomainModule } from "../../graphql/domain-module";
import { selectedColumns } from "../../graphql/selection";
import { integerKey } from "../../graphql/node-id";
import { learnerId } from "../../request/context";
import * as catalogueFields from "./catalogue.fields";
import { bookmarkEntity } from "./learning.rows";
import * as resolvers from "./learning.resolver";
import { BookmarkResolver, ViewerLearningFields } from "./viewer.fields";

export const learningModule: DomainModule = {
  resolvers: [...Object.values(resolvers), ...Object.values(catalogueFields), ViewerLearningFields, BookmarkResolver],
  nodes: [
    {
      type: bookmarkEntity.name,
      read: async (ctx, id, info) => {
        const [key, learner] = [integerKey(id, bookmarkEntity.name), learnerId(ctx)];
        if (key === null || learner === null) return null;
        const bookmark = await bookmarkEntity.find(ctx, "id", key, selectedColumns(info, bookmarkEntity));
        return bookmark?.learnerId === learner ? bookmark : null;
      },
    },
  ],
};
