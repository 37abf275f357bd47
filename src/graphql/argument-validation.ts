// Checks inputs by their class-validator rules before a resolver runs.
import { getMetadataStorage, validate, type ValidationError } from "class-validator";
import { AppError } from "../errors/app-error";

/**
 * type-graphql's hook for every argument. Classes without rules (PageArgs, which checks itself) pass.
 * @throws AppError BAD_USER_INPUT that names each field and its rule, and repeats no value.
 */
export async function validateArgument(value: unknown): Promise<void> {
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item === "object" && item !== null && hasRules(item)) await validateInput(item);
  }
}

function hasRules(value: object): boolean {
  return getMetadataStorage().getTargetValidationMetadatas(value.constructor, "", false, false).length > 0;
}

async function validateInput(input: object): Promise<void> {
  const errors = await validate(input, {
    skipMissingProperties: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  const problems = errors.flatMap(error => flatten(error));
  if (problems.length > 0) {
    throw new AppError("BAD_USER_INPUT", problems.map(problem => problem.message).join("; "), {
      arguments: problems.map(problem => problem.path),
    });
  }
}

function flatten(error: ValidationError, prefix = ""): { path: string; message: string }[] {
  const path = `${prefix}${error.property}`;
  const own = Object.values(error.constraints ?? {}).map(message => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap(child => flatten(child, `${path}.`))];
}
