// The four paging arguments of the Relay cursor specification, checked.
import { badInput } from "../errors/app-error";

export interface PageArguments {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

export const defaultPageSize = 20;
export const maxPageSize = 100;

/** How many rows to take, and from which end of what lies between the cursors. */
export interface PageSize {
  size: number;
  direction: "forward" | "backward";
}

/** @throws AppError BAD_USER_INPUT for a size outside 1 to 100, and for `first` together with `last`. */
export function pageSize({ first, last }: PageArguments): PageSize {
  const hasFirst = first !== undefined && first !== null;
  const hasLast = last !== undefined && last !== null;
  if (hasFirst && hasLast) throw badInput("last", "cannot be combined with first.");
  if (hasLast) return { size: checkSize("last", last), direction: "backward" };
  return { size: hasFirst ? checkSize("first", first) : defaultPageSize, direction: "forward" };
}

function checkSize(argument: "first" | "last", size: number): number {
  if (!Number.isInteger(size) || size < 1 || size > maxPageSize) {
    throw badInput(argument, `must be from 1 to ${maxPageSize}.`);
  }
  return size;
}
