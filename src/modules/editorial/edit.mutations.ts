// The form of every mutation of editors: for editors alone, one input, one transaction, the revision as it is stored afterwards. Written once
// here, so that a mutation is its input, its words, and what it does.
import { Arg, Ctx, Mutation, ObjectType, Resolver, type ClassType } from "type-graphql";
import type { ContentKind } from "../../content/content.files";
import { ExpectedFailure } from "../../errors/expected-failure";
import { RequireAccess } from "../../graphql/access";
import { mutate } from "../../graphql/mutation";
import { decodeNodeId, integerKey } from "../../graphql/node-id";
import type { RequestContext } from "../../request/context";
import { actorOf, type Actor } from "../audit/audit.service";
import { typeOf, type Conflict, type ContentKey } from "./draft.service";
import { readRevisionRow, type StoredRevision } from "./revision.rows";
import { RevisionPayload } from "./revision.type";

export interface EditMutation<Input extends object> {
  input: ClassType<Input>;
  /** What it does, for clients; with an example of the operation. */
  description: string;
  example: string;
  /** In a transaction. @throws ExpectedFailure */
  run(inner: RequestContext, input: Input, actor: Actor): Promise<StoredRevision>;
  /** Once it is committed. */
  afterwards?(ctx: RequestContext): void;
}

/** The resolver class of a mutation called `name`, and its payload `<Name>Payload`. */
export function editMutation<Input extends object>(name: string, definition: EditMutation<Input>): new () => object {
  const { input, description, example, run, afterwards } = definition;
  const payload = payloadOf(name);

  @Resolver()
  class EditResolver {}
  const work = {
    [name]: (given: Input, ctx: RequestContext) =>
      withConflict(ctx, async () => {
        const payload = await mutate(ctx, given, async inner => {
          const { id } = await run(inner, given, await actorOf(inner));
          return { revision: await readRevisionRow(inner, id) };
        });
        if (payload.userErrors.length === 0) afterwards?.(ctx);
        return payload;
      }),
  };
  Object.assign(EditResolver.prototype, work);
  const text = `${description}\n\nExample: \`mutation { ${name}(input: { ${example} }) { revision { id number state } userErrors { code message path } } }\``;
  const descriptor = Object.getOwnPropertyDescriptor(EditResolver.prototype, name);
  if (!descriptor) throw new Error(`${name} has no method`);
  RequireAccess("EDITOR")(EditResolver.prototype, name, descriptor);
  Mutation(() => payload, { description: text })(EditResolver.prototype, name, descriptor);
  Arg("input", () => input, { description: "What to do." })(EditResolver.prototype, name, 0);
  Ctx()(EditResolver.prototype, name, 1);
  return EditResolver;
}

function payloadOf(name: string): ClassType<RevisionPayload> {
  const typeName = `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`;
  @ObjectType(typeName, { simpleResolvers: true, description: `What came of \`${name}\`.` })
  class Payload extends RevisionPayload {}
  return Payload;
}

/** A conflict names the revision that is in the way; it is read outside the transaction that was rolled back. */
async function withConflict(ctx: RequestContext, work: () => Promise<object>): Promise<object> {
  const payload = await work();
  const { conflict } = payload as { conflict?: Conflict };
  if (!conflict) return payload;
  return { ...payload, conflict: { ...conflict, revision: await readRevisionRow(ctx, conflict.revisionId) } };
}

/** What an id of content stands for. @throws ExpectedFailure NOT_FOUND, AppError BAD_USER_INPUT for text that is no id */
export function contentKey(id: string, field: string, kinds: readonly ContentKind[]): ContentKey {
  const nodeId = decodeNodeId(id, `input.${field}`);
  for (const kind of kinds) {
    const key = integerKey(nodeId, typeOf(kind));
    if (key !== null) return { kind, id: key };
  }
  const message = `There is no such ${kinds.join(" or ")}.`;
  throw new ExpectedFailure([{ code: "NOT_FOUND", message, path: ["input", field] }]);
}

/** Null for an id of something else. @throws AppError BAD_USER_INPUT for text that is no id */
export function revisionKey(id: string): number | null {
  return integerKey(decodeNodeId(id, "input.revisionId"), "Revision");
}
