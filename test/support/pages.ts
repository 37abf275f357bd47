// One page of a connection as the paging tests read it, and the GraphQL text that reads it.

export interface Page {
  edges: { cursor: string; node: { slug: string } }[];
  nodes: { slug: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

export interface PageArguments {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

export const pageParts =
  "edges { cursor node { slug } } nodes { slug } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
export const declared = "$first: Int, $after: String, $last: Int, $before: String";
export const given = "first: $first, after: $after, last: $last, before: $before";
export const slugsOf = (page: Page) => page.nodes.map(({ slug }) => slug);
