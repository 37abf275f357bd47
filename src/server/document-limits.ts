// How much an operation may ask for, measured before it runs: depth, aliases, root fields, directives, and its cost.
import { Kind, visit, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import { AppError } from "../errors/app-error";
import { measureOperation } from "./operation-cost";

export interface OperationLimits {
  /** Deepest nesting of fields. */
  maxDepth: number;
  /** Most that an operation may cost, by the page sizes it asks for. */
  maxCost: number;
}

/** Limits that no honest document comes near; they are not for operators to change. */
export const fixedLimits = {
  maxDocumentBytes: 20_000,
  maxTokens: 2_000,
  maxNesting: 60,
  maxComments: 200,
  maxDefinitions: 60,
  maxOperations: 10,
  maxAliases: 30,
  maxRootFields: 20,
  maxDirectives: 50,
  /** How many errors of one document, or of one request's variables, are listed. */
  maxErrors: 10,
} as const;

export interface OperationSize {
  /** What the operation may cost at most: about as many objects as its answer may hold. */
  cost: number;
  /** Names of the variables that the cost depends on. */
  dependsOn: readonly string[];
}

/**
 * Checks the text of a document before it is parsed, since the parser descends once for each bracket.
 * @throws AppError QUERY_TOO_COMPLEX
 */
export function checkDocumentText(text: string): void {
  if (Buffer.byteLength(text) > fixedLimits.maxDocumentBytes) {
    throw tooComplex(`The document is larger than ${fixedLimits.maxDocumentBytes} bytes.`);
  }
  const { nesting, comments } = scan(text);
  if (nesting > fixedLimits.maxNesting)
    throw tooComplex(`The document is nested deeper than ${fixedLimits.maxNesting} brackets.`);
  if (comments > fixedLimits.maxComments)
    throw tooComplex(`The document has more than ${fixedLimits.maxComments} comments.`);
}

/** One pass over strings, comments and brackets, whatever stands between them. */
function scan(text: string): { nesting: number; comments: number } {
  let depth = 0;
  let nesting = 0;
  let comments = 0;
  for (const [token] of text.matchAll(/"""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n\r])*"?|#[^\n\r]*|[{}[\]()]/g)) {
    if (token.startsWith("#")) comments++;
    else if (token === "{" || token === "[" || token === "(") nesting = Math.max(nesting, ++depth);
    else if (token === "}" || token === "]" || token === ")") depth--;
  }
  return { nesting, comments };
}

/**
 * Checks a valid operation.
 * @param variables the coerced values, so that `first: $n` counts as the number it stands for.
 * @throws AppError QUERY_TOO_COMPLEX that states the limit, and for the cost also the cost.
 */
export function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  limits: OperationLimits,
): OperationSize {
  checkCounts(document);
  const { depth, cost, fields, dependsOn } = measureOperation(schema, document, operation, variables);
  if (fields > fixedLimits.maxRootFields)
    throw tooComplex(`The operation has more than ${fixedLimits.maxRootFields} root fields.`);
  if (depth > limits.maxDepth) {
    throw tooComplex(`The operation is ${depth} fields deep; at most ${limits.maxDepth} are allowed.`);
  }
  if (cost > limits.maxCost) {
    throw tooComplex(`The operation may cost ${cost}; at most ${limits.maxCost} is allowed. Ask for smaller pages.`, {
      cost: { requested: cost, limit: limits.maxCost },
    });
  }
  return { cost, dependsOn };
}

function checkCounts(document: DocumentNode): void {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: field => {
      if (field.alias) aliases++;
    },
    Directive: () => {
      directives++;
    },
  });
  if (document.definitions.length > fixedLimits.maxDefinitions) {
    throw tooComplex(`The document has more than ${fixedLimits.maxDefinitions} definitions.`);
  }
  const operations = document.definitions.filter(definition => definition.kind === Kind.OPERATION_DEFINITION);
  if (operations.length > fixedLimits.maxOperations)
    throw tooComplex(`The document has more than ${fixedLimits.maxOperations} operations.`);
  if (aliases > fixedLimits.maxAliases)
    throw tooComplex(`The document has more than ${fixedLimits.maxAliases} aliases.`);
  if (directives > fixedLimits.maxDirectives)
    throw tooComplex(`The document has more than ${fixedLimits.maxDirectives} directives.`);
}

function tooComplex(message: string, details: Readonly<Record<string, unknown>> = {}): AppError {
  return new AppError("QUERY_TOO_COMPLEX", message, details);
}
