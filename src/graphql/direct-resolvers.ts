// What type-graphql does at each call of a resolver (making and checking arguments, putting parameters in order, always through promises)
// is done once for each field of an operation here: of a list of fifty items, the other forty-nine call the method directly.
import { isObjectType, type FieldNode, type GraphQLField, type GraphQLResolveInfo, type GraphQLSchema } from "graphql";
import type { ContainerType, ResolverData } from "type-graphql";
import type { RequestContext } from "../request/context";
import { usesVariables } from "./selection";

/** Calls the method with what differs from call to call. */
type Caller = (root: unknown, ctx: RequestContext, info: GraphQLResolveInfo) => unknown;

/** In the place of an object: who resolves it wants to know the call, and not its result. */
const probe: object = Object.freeze({});

type Method = (...parameters: unknown[]) => unknown;

class TakenCall {
  constructor(
    readonly target: object,
    readonly method: Method,
    readonly parameters: readonly unknown[],
  ) {}
}

/** One instance of each resolver class; for the probe, one that takes calls down. For type-graphql's `container`. */
export class ResolverContainer implements ContainerType {
  readonly #instances = new Map<object, object>();

  get(resolverClass: new () => object, { root }: ResolverData): object {
    const instance = this.#instances.get(resolverClass) ?? new resolverClass();
    this.#instances.set(resolverClass, instance);
    return root === probe ? takeDown(instance) : instance;
  }
}

function takeDown(instance: object): object {
  return new Proxy(instance, {
    get: (target, name) => {
      const method = (target as Readonly<Record<string | symbol, unknown>>)[name];
      // Whoever asks whether it is a promise gets no answer of a method.
      return typeof method === "function"
        ? (...parameters: unknown[]) => new TakenCall(target, method as Method, parameters)
        : undefined;
    },
  });
}

/** Resolvers of `schema`, as type-graphql has made them over a ResolverContainer, are called directly. Those of mutations run once anyway. */
export function resolveDirectly(schema: GraphQLSchema): void {
  const others = new Set([schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__") || others.has(type)) continue;
    for (const field of Object.values(type.getFields())) resolveFieldDirectly(field as Field);
  }
}

type Field = GraphQLField<unknown, RequestContext, Record<string, unknown>>;

function resolveFieldDirectly(field: Field): void {
  const { resolve } = field;
  if (!resolve) return;
  const take = (args: Record<string, unknown>, ctx: RequestContext, info: GraphQLResolveInfo) => {
    const call = resolve(probe, args, ctx, info) as TakenCall | Promise<TakenCall>;
    return call instanceof Promise ? call.then(taken => callerOf(taken, ctx, info)) : callerOf(call, ctx, info);
  };
  if (field.args.length === 0) {
    let caller: Caller | null = null;
    field.resolve = (root, args, ctx, info) => {
      caller ??= take(args, ctx, info) as Caller;
      return caller(root, ctx, info);
    };
    return;
  }
  // The nodes of a document that is kept between requests are the same ones each time. Nothing that belongs to one request may be a key of a
  // WeakMap that outlives it: V8's young generation takes what stands there for reachable, and a whole request grows old with it.
  const callers: CallersByNode = new WeakMap();
  field.resolve = (root, args, ctx, info) => {
    const [node] = info.fieldNodes;
    if (!node) throw new Error("a field without a node");
    const known = usesVariables(node) ? (ctx.memo as CallersByNode) : callers;
    const caller = known.get(node) ?? remember(known, node, take(args, ctx, info));
    return caller instanceof Promise ? caller.then(ready => ready(root, ctx, info)) : caller(root, ctx, info);
  };
}

interface CallersByNode {
  get(node: FieldNode): Caller | Promise<Caller> | undefined;
  set(node: FieldNode, caller: Caller | Promise<Caller>): unknown;
}

function remember(known: CallersByNode, node: FieldNode, caller: Caller | Promise<Caller>): Caller | Promise<Caller> {
  known.set(node, caller);
  // Arguments that break a rule break it at each call: that promise stays.
  if (caller instanceof Promise) caller.then(ready => known.set(node, ready)).catch(() => undefined);
  return caller;
}

function callerOf(call: TakenCall, ctx: RequestContext, info: GraphQLResolveInfo): Caller {
  const { target, method, parameters } = call;
  const placesOf = (value: unknown) => parameters.flatMap((parameter, index) => (parameter === value ? [index] : []));
  const places = { roots: placesOf(probe), contexts: placesOf(ctx), infos: placesOf(info) };
  const differing = new Set(Object.values(places).flat());
  const template = parameters.map((parameter, index) => (differing.has(index) ? undefined : parameter));
  return makeCaller(target, method, template, places);
}

/** Where the parameters stand that differ from call to call. */
interface Places {
  readonly roots: readonly number[];
  readonly contexts: readonly number[];
  readonly infos: readonly number[];
}

/** By itself, so that a caller that is kept does not keep the context that it was first called with. */
function makeCaller(
  target: object,
  method: Method,
  template: readonly unknown[],
  { roots, contexts, infos }: Places,
): Caller {
  return (root, currentCtx, currentInfo) => {
    const current = template.slice();
    for (const place of roots) current[place] = root;
    for (const place of contexts) current[place] = currentCtx;
    for (const place of infos) current[place] = currentInfo;
    return method.apply(target, current);
  };
}
