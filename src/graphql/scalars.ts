// The scalars of the schema. Their values come from our own database already in their printed form, so serialising only hands them on;
// input is checked strictly, and error messages never repeat it.
import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { isEmail } from "class-validator";
import { isCalendarDay } from "../request/column";

interface TextScalar {
  name: string;
  description: string;
  specifiedByURL?: string;
  form: string;
  accepts: (text: string) => boolean;
}

function textScalar({
  name,
  description,
  specifiedByURL,
  form,
  accepts,
}: TextScalar): GraphQLScalarType<string, string> {
  const parse = (value: unknown): string => {
    if (typeof value !== "string" || !accepts(value)) {
      throw new GraphQLError(`${name} must be ${form}.`, { extensions: { code: "BAD_USER_INPUT" } });
    }
    return value;
  };
  return new GraphQLScalarType<string, string>({
    name,
    description,
    ...(specifiedByURL ? { specifiedByURL } : {}),
    serialize: value => {
      if (typeof value !== "string") throw new TypeError(`${name} is not text`);
      return value;
    },
    parseValue: parse,
    parseLiteral: node => parse(node.kind === Kind.STRING ? node.value : undefined),
  });
}

export const DateScalar = textScalar({
  name: "Date",
  description: "A calendar day without a time, as `YYYY-MM-DD`.",
  specifiedByURL: "https://scalars.graphql.org/andimarek/local-date.html",
  form: "a calendar day such as 2026-06-24",
  accepts: isCalendarDay,
});

export const DateTimeScalar = textScalar({
  name: "DateTime",
  description: "An instant in UTC with milliseconds, as `2026-06-24T09:30:00.000Z`.",
  specifiedByURL: "https://scalars.graphql.org/andimarek/date-time.html",
  form: "an instant such as 2026-06-24T09:30:00Z",
  accepts: text =>
    /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/.test(text) &&
    isCalendarDay(text.slice(0, 10)),
});

export const DecimalScalar = textScalar({
  name: "Decimal",
  description:
    'An exact decimal number as text, such as `"0.15"` or `"2000000000"`: never a float, which would round it.',
  form: "a decimal number such as 0.15",
  accepts: text => /^-?\d{1,12}(\.\d{1,4})?$/.test(text),
});

export const EmailAddressScalar = textScalar({
  name: "EmailAddress",
  description: "An email address.",
  specifiedByURL: "https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
  form: "an email address",
  accepts: text => text.length <= 254 && isEmail(text),
});

export const UrlScalar = textScalar({
  name: "URL",
  description: "An absolute URL with the scheme http or https.",
  specifiedByURL: "https://url.spec.whatwg.org/",
  form: "an absolute http or https URL",
  accepts: text => text.length <= 2_000 && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
});
