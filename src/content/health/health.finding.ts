// What content health can find: the closed list of its rules with what each means, and the form of a finding. Nothing of how it is found.
import type { FieldPath } from "../content.problem";

export const HealthSeverity = { ERROR: "ERROR", WARNING: "WARNING", NOTICE: "NOTICE" } as const;
export type HealthSeverity = keyof typeof HealthSeverity;

interface HealthRuleDescription {
  /** What its findings may be, worst first. An ERROR stops publishing. */
  severities: readonly HealthSeverity[];
  meaning: string;
  /** How to mend it, where a finding does not know better. */
  remedy: string;
}

/** docs/content.md lists them in the same words. */
export const healthRules = {
  INVALID: {
    severities: ["ERROR"],
    meaning: "The format of content does not admit it.",
    remedy: "Write what the format expects there.",
  },
  DEAD_LINK: {
    severities: ["ERROR", "WARNING", "NOTICE"],
    meaning:
      "A link or a key names a topic, tool, module or lesson that is not there; WARNING for an anchor that no section of the topic has; NOTICE for an address that only leads on to a newer one.",
    remedy: "Name something that is there, publish what is missing first, or take the link out.",
  },
  TOOL_LISTED_TWICE: {
    severities: ["ERROR"],
    meaning: "A list names one tool twice, under one address or under an old and a new one.",
    remedy: "Keep one of the two entries.",
  },
  HEADINGS_OUT_OF_ORDER: {
    severities: ["ERROR", "WARNING"],
    meaning:
      "A heading of a level that is taken by the title or by the headings of sections; WARNING where a level is skipped.",
    remedy: "Give the heading the level below the one it stands under.",
  },
  MISSING_EMOJI: {
    severities: ["ERROR"],
    meaning: "A topic or a section has no emoji.",
    remedy: "Choose one emoji.",
  },
  MISSING_ALT_TEXT: {
    severities: ["ERROR", "WARNING"],
    meaning:
      "An image has no alternative text; WARNING where the text is a file name or says only that there is an image.",
    remedy: "Write between the brackets what the image shows, for those who do not see it.",
  },
  EMPTY_SECTION: {
    severities: ["ERROR", "WARNING"],
    meaning: "A section of a topic has no text; WARNING for another heading without text.",
    remedy: "Write the text, or take the heading out.",
  },
  STALE_FACT: {
    severities: ["WARNING"],
    meaning: "The day after which a fact has to be checked again has passed.",
    remedy:
      "Check the statement at its source, then set verifiedOn to today and staleAfter to the day of the next check.",
  },
  NUMBER_WITHOUT_SOURCE: {
    severities: ["WARNING"],
    meaning: "A price or a figure in the text that neither a fact, a plan nor a link in the same paragraph backs.",
    remedy:
      "Add a fact with the figure, its day and its source, link the source in the same paragraph, or take the figure out.",
  },
  LESSON_WITHOUT_MODULE: {
    severities: ["WARNING"],
    meaning: "A lesson, other than a guide to a tool, that no module holds.",
    remedy: "Add it to the lessons of a module of its topic and level.",
  },
  READING_TIME: {
    severities: ["WARNING"],
    meaning: "The minutes of a lesson are less than it takes to read, or many times that.",
    remedy: "Set durationMinutes to what a reader needs who tries things out, or change the length of the text.",
  },
  NO_SECTIONS: {
    severities: ["WARNING"],
    meaning: "A topic has no sections.",
    remedy: "Write at least an overview.",
  },
  NO_LESSONS: {
    severities: ["WARNING"],
    meaning: "A module has no lessons.",
    remedy: "Add lessons of its topic and level, or archive it.",
  },
  TOO_FEW_TOOLS: {
    severities: ["WARNING", "NOTICE"],
    meaning: "A topic ranks no tools; NOTICE for fewer than three.",
    remedy: "Add the tools that matter for the topic, each with a blurb.",
  },
  DUPLICATE_HEADING: {
    severities: ["WARNING"],
    meaning: "Two headings under the same one say the same.",
    remedy: "Say in each heading what is below it and nowhere else.",
  },
  INSECURE_LINK: {
    severities: ["WARNING"],
    meaning: "An address on another site starts with http:.",
    remedy: "Write https: where the site has it; else look for a better source.",
  },
  UNVERIFIED_FACT: {
    severities: ["NOTICE"],
    meaning: "Nobody has verified a fact, or not for a year and no day of the next check is set.",
    remedy: "Check the statement at its source, then set verifiedOn to today.",
  },
  OLD_PRICE: {
    severities: ["NOTICE"],
    meaning: "The price of a plan is more than a year old.",
    remedy: "Check the price at its source, then set asOf to today.",
  },
} as const satisfies Readonly<Record<string, HealthRuleDescription>>;

export type HealthRule = keyof typeof healthRules;
export const HealthRule = Object.fromEntries(Object.keys(healthRules).map(rule => [rule, rule])) as {
  readonly [Rule in HealthRule]: Rule;
};

export interface HealthFinding {
  rule: HealthRule;
  severity: HealthSeverity;
  /** The field of the source, such as `["sections", "2", "body"]`; empty for the whole. */
  path: readonly string[];
  /** From 1, within a field that holds Markdown; null for other fields. */
  line: number | null;
  /** What is wrong, for editors. */
  message: string;
  /** How to mend it. */
  remedy: string;
}

/** What a rule says of a place; the rest of a finding follows from the rule. */
export type Found = {
  [Rule in HealthRule]: {
    rule: Rule;
    severity: (typeof healthRules)[Rule]["severities"][number];
    path: FieldPath;
    line?: number;
    message: string;
    remedy?: string;
  };
}[HealthRule];

export function findingOf({ rule, severity, path, line, message, remedy }: Found): HealthFinding {
  return {
    rule,
    severity,
    path: path.map(String),
    line: line ?? null,
    message,
    remedy: remedy ?? healthRules[rule].remedy,
  };
}

const severityOrder = Object.keys(HealthSeverity);

export function compareSeverity(a: { severity: HealthSeverity }, b: { severity: HealthSeverity }): number {
  return severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity);
}

/** A text from content inside a message. */
export function quoted(text: string): string {
  const most = 60;
  const characters = Array.from(text.trim());
  return `“${characters.length > most ? `${characters.slice(0, most).join("")}…` : characters.join("")}”`;
}
