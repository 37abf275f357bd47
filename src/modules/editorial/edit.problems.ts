// What forbids an edit, in the form of a mutation's user errors.
import type { ContentProblem } from "../../content/content.problem";
import { ExpectedFailure, type UserProblem } from "../../errors/expected-failure";

const maxProblems = 20;

/**
 * @param at where the content is in the mutation's arguments, such as `["input", "content"]`; null when it is not there.
 * @param file the file of the entity that is edited: problems of others name theirs
 */
export function invalidContent(
  problems: readonly ContentProblem[],
  at: readonly string[] | null,
  file: string,
): ExpectedFailure {
  return new ExpectedFailure(
    problems.slice(0, maxProblems).map((problem): UserProblem => {
      const isOwn = problem.file === file;
      return {
        code: "INVALID",
        message: `${isOwn ? "" : `${problem.file}: `}${problem.field}: expected ${problem.expected}.`,
        path: isOwn && at !== null ? pathOf(problem.field, at) : null,
      };
    }),
  );
}

/** `plans[1].price` → `plans`, `1`, `price`. The slug stands beside the content. */
function pathOf(field: string, at: readonly string[]): readonly string[] {
  if (field === "slug" || field === "file") return [...at.slice(0, 1), "slug"];
  return [...at, ...field.split(/[.[\]]+/).filter(part => part !== "")];
}
