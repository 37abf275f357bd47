// A whole list as the server gives it in one page, read without a client: what the pages of a client have to add up to.
import type { TestServer } from "../support/server";

interface List {
  nodes: { slug: string }[];
}

/** The slugs of at most 100 items of `list`, a field with further arguments as text, of the object that `parent` looks up if given. */
export async function wholeList(server: TestServer, list: string, args = "", parent?: string): Promise<string[]> {
  const field = `list: ${list}(first: 100 ${args}) { nodes { slug } }`;
  const response = await server.post({ query: parent ? `{ parent: ${parent} { ${field} } }` : `{ ${field} }` });
  const { data } = (await response.json()) as { data: { list?: List; parent?: { list: List } } };
  return (data.list ?? data.parent!.list).nodes.map(({ slug }) => slug);
}
