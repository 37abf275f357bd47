// What a request over HTTP costs its asker, and how the asker is told.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Charge, CostReport } from "../request/charge";
import type { Viewer } from "../request/context";
import { askerOf, type BudgetSettings, type CostBudget } from "./cost-budget";

declare module "fastify" {
  interface FastifyRequest {
    /** What the request takes of its asker's budget; null until it is known who asks, and where no budgets are kept. */
    charge: Charge | null;
  }
}

/** @returns what begins to count the cost of a request, when it is known who asks. It throws AppError RATE_LIMITED. */
export function chargeRequests(app: FastifyInstance, budget: CostBudget | undefined) {
  app.decorateRequest("charge", null);
  return (request: FastifyRequest, viewer: Viewer | null, address: string): void => {
    if (!budget) return;
    request.charge = budget.open(askerOf(viewer, address));
    request.charge.begin();
  };
}

export interface Report {
  cost: CostReport;
}

/** `extensions` of an answer that is its asker's alone. @param requested where the operation itself did not have to run. */
export function reportOf({ charge }: Pick<FastifyRequest, "charge">, requested?: number): Report | undefined {
  if (!charge) return undefined;
  const { report } = charge;
  const { actual, limit, remaining, restoreRate } = report;
  return { cost: { requested: requested ?? report.requested, actual, limit, remaining, restoreRate } };
}

/** By hand, since it stands in nearly every answer. */
export function jsonOfReport(report: Report | undefined): string | undefined {
  if (!report) return undefined;
  const { requested, actual, limit, remaining, restoreRate } = report.cost;
  return `{"cost":{"requested":${requested},"actual":${actual},"limit":${limit},"remaining":${remaining},"restoreRate":${restoreRate}}}`;
}

/** `extensions` that are the same for everybody: what making the answer did cost, and what is left, are not. None where no budgets are kept. */
export function commonReport(
  requested: number,
  budget: BudgetSettings | undefined,
): { cost: Partial<CostReport> } | undefined {
  return budget && { cost: { requested, limit: budget.limit, restoreRate: budget.restoreRate } };
}

/**
 * Of an answer that is its asker's alone: nobody keeps it, and it tells the state of the asker's budget
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/03/); the reset is when that is whole again.
 */
export function privateHeaders(report: Report | undefined): Record<string, string> {
  if (!report) return { "cache-control": "no-store" };
  const { limit, remaining, restoreRate } = report.cost;
  return {
    "cache-control": "no-store",
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(Math.ceil((limit - remaining) / restoreRate)),
  };
}
