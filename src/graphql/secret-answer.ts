// Root fields whose answers hold secrets or somebody's whole data: such answers are never stored.
import { Extensions } from "type-graphql";

/** Declares that what the field answers must not be kept. */
export function SecretAnswer(): MethodDecorator & PropertyDecorator {
  return Extensions({ secretAnswer: true });
}

export function hasSecretAnswer(field: { extensions?: Readonly<Record<string, unknown>> | null }): boolean {
  return field.extensions?.["secretAnswer"] === true;
}
