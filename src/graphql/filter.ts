// Filters as clients see them: one definition beside each entity makes both the GraphQL input and the SQL condition.
import { Field, ID, InputType, Int, type ClassType } from "type-graphql";
import type { GraphQLScalarType } from "graphql";
import {
  choiceCondition,
  filterLimits,
  flagCondition,
  listCondition,
  rangeCondition,
  referenceCondition,
  textCondition,
  toManyCondition,
  toOneCondition,
  type FieldCondition,
  type Place,
  type RelationPath,
  type Sql,
} from "../request/filter";
import { decodeNodeId } from "./node-id";
import { DateScalar, DateTimeScalar, DecimalScalar } from "./scalars";

type InputClass = ClassType<object>;

/** One field of a filter: its GraphQL type, and the condition it stands for. */
export interface FilterField {
  type: () => InputClass | BooleanConstructor;
  description: string;
  condition: FieldCondition;
}

export interface EntityFilter {
  /** The GraphQL input, called `<name>Filter`. */
  readonly input: InputClass;
  /** The GraphQL input for a relation to many, called `<name>ListFilter`. */
  readonly listInput: InputClass;
  readonly table: string;
  readonly fields: ReadonlyMap<string, FieldCondition>;
  /** Adds fields: the module that owns a relation adds it to the other side's filter too. */
  add(fields: Readonly<Record<string, FilterField>>): void;
}

/** @param items what the filtered rows are called, e.g. "topics". */
export function defineFilter(
  name: string,
  table: string,
  items: string,
  fields: Readonly<Record<string, FilterField>>,
): EntityFilter {
  const conditions = new Map<string, FieldCondition>();
  const input = inputClass(
    `${name}Filter`,
    `Which ${items} a list has: those for which every field that is given holds. A field that is null asks for nothing. At most ${filterLimits.conditions} fields and ${filterLimits.depth} levels.`,
  );
  const add = (added: Readonly<Record<string, FilterField>>) => {
    for (const [field, { type, description, condition }] of Object.entries(added)) {
      addField(input, field, type, description);
      conditions.set(field, condition);
    }
  };
  addField(input, "and", () => [input], `All of these hold; at most ${filterLimits.values}.`);
  addField(input, "or", () => [input], `One of these holds, so nothing when empty; at most ${filterLimits.values}.`);
  addField(input, "not", () => input, "This does not hold.");
  add(fields);
  return { input, listInput: listInput(name, input), table, fields: conditions, add };
}

/** A text column without regard to the case of ASCII letters. */
export function text(column: string, description: string): FilterField {
  return { type: () => TextFilter, description, condition: textCondition(column) };
}

/** A column that is compared as a whole. */
export function key(column: string, description: string): FilterField {
  return { type: () => KeyFilter, description, condition: choiceCondition({ name: column, type: "text" }) };
}

/** What is named by its global id, kept as the name of its GraphQL type in one column and its key in another. */
export function reference(columns: { type: string; key: string }, description: string): FilterField {
  return { type: () => IdFilter, description, condition: referenceCondition(columns, decodeNodeId) };
}

/** A column of an enum: `values` is the registered enum, `name` its GraphQL name, `type` its SQL type. */
export function choice(
  column: string,
  { values, name, type }: { values: object; name: string; type: string },
  description: string,
): FilterField {
  const input = choiceInput(name, values);
  return { type: () => input, description, condition: choiceCondition({ name: column, type }) };
}

/** A column that is an array of an enum. */
export function choiceList(
  column: string,
  { values, name, type }: { values: object; name: string; type: string },
  description: string,
): FilterField {
  const input = choiceListInput(name, values);
  return { type: () => input, description, condition: listCondition({ name: column, type }) };
}

const ranges = {
  integer: () => IntFilter,
  date: () => DateFilter,
  timestamptz: () => DateTimeFilter,
  numeric: () => DecimalFilter,
};

export function range(column: string, type: keyof typeof ranges, description: string): FilterField {
  return { type: ranges[type], description, condition: rangeCondition({ name: column, type }) };
}

export function flag(whenTrue: (place: Place) => Sql, description: string): FilterField {
  return { type: () => Boolean, description, condition: flagCondition(whenTrue) };
}

export function toOne(target: () => EntityFilter, path: Omit<RelationPath, "table">, description: string): FilterField {
  return { type: () => target().input, description, condition: related(toOneCondition, target, path) };
}

export function toMany(
  target: () => EntityFilter,
  path: Omit<RelationPath, "table">,
  description: string,
): FilterField {
  return { type: () => target().listInput, description, condition: related(toManyCondition, target, path) };
}

/** The condition of a relation, made when it is first used: filters refer to each other. */
function related(
  make: typeof toOneCondition,
  target: () => EntityFilter,
  path: Omit<RelationPath, "table">,
): FieldCondition {
  return (value, place) => make({ ...path, table: target().table }, () => target().fields)(value, place);
}

const atMostValues = `at most ${filterLimits.values}`;

@InputType("TextFilter", { description: "A condition on a text. The case of the letters A to Z does not matter." })
class TextFilter {
  @Field(() => String, { nullable: true, description: "Is this text." })
  eq?: string;

  @Field(() => [String], { nullable: true, description: `Is one of these texts; ${atMostValues}.` })
  in?: string[];

  @Field(() => String, { nullable: true, description: "Starts with this text." })
  startsWith?: string;

  @Field(() => String, {
    nullable: true,
    description: "Has this text in it: at least three letters or digits in a row.",
  })
  contains?: string;
}

@InputType("KeyFilter", { description: "A condition on a name that is compared as a whole, such as a slug." })
class KeyFilter {
  @Field(() => String, { nullable: true, description: "Is this." })
  eq?: string;

  @Field(() => [String], { nullable: true, description: `Is one of these; ${atMostValues}.` })
  in?: string[];
}

@InputType("IdFilter", { description: "A condition on what something refers to, by its global id." })
class IdFilter {
  @Field(() => ID, { nullable: true, description: "Is what has this id." })
  eq?: string;

  @Field(() => [ID], { nullable: true, description: `Is what has one of these ids; ${atMostValues}.` })
  in?: string[];
}

const IntFilter = rangeInput("IntFilter", "A condition on a whole number.", Int);
const DateFilter = rangeInput("DateFilter", "A condition on a day.", DateScalar);
const DateTimeFilter = rangeInput("DateTimeFilter", "A condition on an instant.", DateTimeScalar);
const DecimalFilter = rangeInput("DecimalFilter", "A condition on a decimal number.", DecimalScalar);

function rangeInput(name: string, description: string, scalar: GraphQLScalarType): InputClass {
  const input = inputClass(name, description);
  addField(input, "eq", () => scalar, "Is this.");
  addField(input, "gt", () => scalar, "Is greater, or later, than this.");
  addField(input, "gte", () => scalar, "Is this, or greater or later.");
  addField(input, "lt", () => scalar, "Is less, or earlier, than this.");
  addField(input, "lte", () => scalar, "Is this, or less or earlier.");
  return input;
}

/** Inputs that are made from a name: each once. */
const made = new Map<string, InputClass>();

function once(name: string, make: () => InputClass): InputClass {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

function choiceInput(name: string, values: object): InputClass {
  return once(`${name}Filter`, () => {
    const input = inputClass(`${name}Filter`, `A condition on a \`${name}\`.`);
    addField(input, "eq", () => values, "Is this.");
    addField(input, "in", () => [values], `Is one of these; ${atMostValues}.`);
    return input;
  });
}

function choiceListInput(name: string, values: object): InputClass {
  return once(`${name}ListFilter`, () => {
    const input = inputClass(`${name}ListFilter`, `A condition on a list of \`${name}\`.`);
    addField(input, "includes", () => values, "Has this in it.");
    addField(input, "includesAny", () => [values], `Has one of these in it, or more; ${atMostValues}.`);
    return input;
  });
}

function listInput(name: string, target: InputClass): InputClass {
  const input = inputClass(
    `${name}ListFilter`,
    `A condition on related items: \`${name}Filter\` says which are meant.`,
  );
  addField(input, "some", () => target, "There is one for which this holds.");
  addField(input, "none", () => target, "There is none for which this holds.");
  return input;
}

function inputClass(name: string, description: string): InputClass {
  const input = { [name]: class {} }[name] as InputClass;
  InputType(name, { description })(input);
  return input;
}

function addField(input: InputClass, name: string, type: () => unknown, description: string): void {
  Field(type as () => InputClass, { nullable: true, description })(input.prototype, name);
}
