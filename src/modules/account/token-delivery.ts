// Whether tokens can reach the client the way it asks for.
import { badInput } from "../../errors/app-error";
import type { RequestContext } from "../../request/context";
import { TokenDelivery } from "./account.inputs";

/** @throws AppError BAD_USER_INPUT */
export function assertDelivery(ctx: RequestContext, delivery: TokenDelivery): void {
  if (delivery === TokenDelivery.COOKIE && !ctx.client.cookies) {
    throw badInput("input.delivery", "cannot be COOKIE here: there are no cookies.");
  }
}
