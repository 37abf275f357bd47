// The operations of editors in test/operations, run one after the other with their variables as a client of editors does.
import { readFileSync } from "node:fs";
import {
  CompareRevisionsDocument,
  CreateToolDocument,
  PreviewRevisionDocument,
  PublishRevisionDocument,
  RevisionUpdatedDocument,
  UpdateToolDocument,
  type CreateToolMutationVariables,
  type RevisionUpdatedSubscription,
  type UpdateToolMutationVariables,
} from "../../src/generated/client/graphql";
import { print } from "graphql";
import type { Viewer } from "../../src/request/context";
import { createTestApi, type TestApi } from "../support/api";
import { createViewer } from "../support/signed-in";

let api: TestApi;
let ada: Viewer;
let bob: Viewer;

beforeAll(async () => {
  api = await createTestApi({ golden: "catalogue" });
  ada = await createViewer(api.database, { role: "EDITOR", displayName: "Ada" });
  bob = await createViewer(api.database, { role: "EDITOR", displayName: "Bob" });
});
afterAll(() => api.close());

const variablesOf = <Variables>(name: string) =>
  JSON.parse(readFileSync(`test/operations/${name}.variables.json`, "utf8")) as Variables;
const idIn = (payload: { revision?: { id: string } | null }): string => payload.revision?.id ?? "";

it("takes a new tool from its draft to the site", async () => {
  const created = variablesOf<CreateToolMutationVariables>("CreateTool");
  const { createTool } = await api.data(CreateToolDocument, created, { as: ada });
  expect(createTool).toMatchObject({ revision: { number: 1, state: "DRAFT", slug: created.slug }, userErrors: [] });

  const { revision } = await api.data(PreviewRevisionDocument, { id: idIn(createTool) }, { as: bob });
  expect(revision).toMatchObject({ preview: { slug: created.slug, name: "Pair Notes" } });

  const { publishRevision } = await api.data(PublishRevisionDocument, { revisionId: idIn(createTool) }, { as: ada });
  expect(publishRevision).toMatchObject({
    revision: { state: "PUBLISHED", content: { __typename: "Tool" } },
    userErrors: [],
  });
});

it("tells the second of two editors what the first has changed, and compares what they saved", async () => {
  const given = variablesOf<UpdateToolMutationVariables>("UpdateTool");
  const { updateTool: first } = await api.data(UpdateToolDocument, given, { as: ada });
  expect(first).toMatchObject({ revision: { number: 2, state: "DRAFT" }, conflict: null, userErrors: [] });

  const other = { ...given, changes: { tagline: "Another line." } };
  const { updateTool: refused } = await api.data(UpdateToolDocument, other, { as: bob });
  expect(refused).toMatchObject({
    revision: null,
    conflict: { fields: ["tagline"], revision: { id: idIn(first), number: 2, authorName: "Ada" } },
    userErrors: [{ code: "CONFLICT" }],
  });

  const { updateTool: second } = await api.data(UpdateToolDocument, { ...other, expectedVersion: 2 }, { as: bob });
  const compared = { a: idIn(first), b: idIn(second) };
  const { compareRevisions } = await api.data(CompareRevisionsDocument, compared, { as: ada });
  expect(compareRevisions).toMatchObject({
    changes: [{ path: ["tagline"], kind: "CHANGED", before: "One line.", after: "Another line." }],
    isTruncated: false,
  });
});

it("follows what others save", async () => {
  const save = () =>
    api.data(UpdateToolDocument, { id: "VG9vbDoy", expectedVersion: 1, changes: { tagline: "New." } }, { as: bob });
  const { data } = await api.firstEvent<RevisionUpdatedSubscription>(print(RevisionUpdatedDocument), save, { as: ada });
  expect(data.revisionUpdated.revision).toMatchObject({ kind: "TOOL", number: 2, state: "DRAFT", authorName: "Bob" });
});
