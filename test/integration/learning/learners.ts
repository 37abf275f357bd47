// Learners as the tests beside this have them, viewers and guests, and what they keep.
import { encodeNodeId } from "../../../src/graphql/node-id";
import { createTestApi, type ExecuteOptions, type TestApi } from "../../support/api";
import { createGuest, createViewer } from "../../support/signed-in";

export type Who = Pick<ExecuteOptions, "as" | "guestId">;
export type BookmarkKind = "Lesson" | "Topic" | "Tool";

export interface Progress {
  state: "STARTED" | "COMPLETED";
  startedAt: string;
  completedAt: string | null;
}

export interface Refusal {
  code: string;
  path: string[] | null;
}

export const learners = ["a viewer", "a guest"] as const;

export let api: TestApi;

/** Gives the test file that calls it `api`, over a database of its own. */
export function useLearners(): void {
  beforeAll(async () => {
    api = await createTestApi({ golden: "empty" });
  });
  afterAll(() => api.close());
}

/** Somebody new. */
export async function someone(kind: (typeof learners)[number]): Promise<Who> {
  return kind === "a viewer" ? { as: await createViewer(api.database) } : { guestId: await createGuest(api.database) };
}

export const idOf = ({ as, guestId }: Who): string => as?.userId ?? guestId ?? "";
export const june = (day: number, hour = 12): Date => new Date(Date.UTC(2026, 5, day, hour));
export const text = (day: number): string => june(day).toISOString();

export async function execute<Data>(document: string, variables: Record<string, unknown>, options: ExecuteOptions) {
  for (let attempt = 1; ; attempt++) {
    const result = await api.execute<Data, Record<string, unknown>>(document, variables, options);
    // On a slow machine some of two hundred at once wait too long for a connection, and are told to come again.
    const isBusy = result.errors.some(({ extensions }) => extensions?.["code"] === "SERVICE_UNAVAILABLE");
    if (!isBusy || attempt === 5) return result;
  }
}

export const bookmarkDocument = `mutation ($id: ID!, $is: Boolean!) {
  payload: setBookmark(input: { targetId: $id, isBookmarked: $is }) {
    target { __typename ... on Lesson { isBookmarked } ... on Topic { isBookmarked } ... on Tool { isBookmarked } }
    userErrors { code path }
  }
}`;

interface BookmarkPayload {
  target: { __typename: string; isBookmarked: boolean } | null;
  userErrors: Refusal[];
}

export async function setBookmark(kind: BookmarkKind, id: number, is: boolean, options: ExecuteOptions) {
  const variables = { id: encodeNodeId(kind, id), is };
  const { data, errors } = await execute<{ payload: BookmarkPayload }>(bookmarkDocument, variables, options);
  expect(errors).toEqual([]);
  return data.payload;
}

/** Puts a row in directly. */
export function haveProgress(who: Who, lessonId: number, startedAt: Date, completedAt: Date | null = null) {
  const state: Progress["state"] = completedAt ? "COMPLETED" : "STARTED";
  const data = { learnerId: idOf(who), lessonId, state, startedAt, completedAt, updatedAt: completedAt ?? startedAt };
  return api.database.models.lessonProgress.create({ data });
}
