// Checks inputs by their class-validator rules before a resolver runs.
import { getMetadataStorage, validate, type ValidationError } from "class-validator";
import type { ResolverData } from "type-graphql";
import { AppError, badInput } from "../errors/app-error";
import { isStorableText } from "../request/column";

/** Marks a class of inputs whose rules are checked by the mutation itself, which puts what breaks them into its `userErrors`. */
export abstract class MutationInput {}

/** Of any text, also of those without a rule of their own; the longest that anybody writes is a lesson. */
const maxTextLength = 50_000;

/**
 * type-graphql's hook for every argument. Text anywhere in the arguments must be of a bounded length, and well-formed Unicode without NUL,
 * which PostgreSQL cannot hold. Classes without rules (PageArgs, which checks itself) pass.
 * @throws AppError BAD_USER_INPUT that names each field and its rule, and repeats no value.
 */
export async function validateArgument(
  value: unknown,
  _type: unknown,
  { args }: Pick<ResolverData, "args">,
): Promise<void> {
  checkText(args, "");
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (typeof item === "object" && item !== null && !(item instanceof MutationInput)) await validateOnce(item);
  }
}

/** Inputs that broke no rule, as text, by their class: the same few slugs are asked for again and again. */
const valid = new WeakMap<object, Set<string>>();
/** Of one class. */
const mostValid = 5_000;
const longestValid = 200;

async function validateOnce(input: object): Promise<void> {
  const text = JSON.stringify(input);
  const known = valid.get(input.constructor) ?? new Set();
  if (known.has(text)) return;
  await validateInput(input);
  if (text.length > longestValid) return;
  if (known.size >= mostValid) known.clear();
  valid.set(input.constructor, known.add(text));
}

function checkText(value: unknown, path: string): void {
  if (typeof value === "string") {
    if (value.length > maxTextLength) throw badInput(path, `must have at most ${maxTextLength} characters.`);
    if (!isStorableText(value)) throw badInput(path, "must not hold NUL characters or broken Unicode.");
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) checkText(inner, path === "" ? key : `${path}.${key}`);
  }
}

function hasRules(value: object): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(value.constructor, "", false, false).length > 0;
}

/** What in `input` breaks its rules; each path starts at the input's own field. */
export async function problemsOf(input: object): Promise<{ path: string[]; message: string }[]> {
  // class-validator takes a class that it does not know for a mistake.
  if (!hasRules(input)) return [];
  const errors = await validate(input, {
    skipMissingProperties: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  return errors.flatMap(error => flatten(error));
}

async function validateInput(input: object): Promise<void> {
  const problems = await problemsOf(input);
  if (problems.length > 0) {
    throw new AppError("BAD_USER_INPUT", problems.map(problem => problem.message).join("; "), {
      arguments: problems.map(problem => problem.path.join(".")),
    });
  }
}

function flatten(error: ValidationError, above: readonly string[] = []): { path: string[]; message: string }[] {
  const path = [...above, error.property];
  const own = Object.values(error.constraints ?? {}).map(message => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap(child => flatten(child, path))];
}
