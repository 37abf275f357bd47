// The enums of topics, described for clients.
import { SectionKind, TopicCategory } from "../../generated/prisma/enums";
import { defineEnum } from "../../graphql/enums";

defineEnum(TopicCategory, "TopicCategory", "The field of work a topic belongs to.", {
  SOFTWARE_ENGINEERING: "Building and running software.",
  DATA: "Analysing and preparing data.",
  DESIGN: "Graphic, product and brand design.",
  WRITING: "Writing and editing text.",
  MARKETING: "Reaching and keeping customers.",
  CUSTOMER_SUPPORT: "Helping customers.",
  BUSINESS_OPERATIONS: "Running a company from day to day.",
  RESEARCH: "Finding things out.",
  EDUCATION: "Teaching and learning.",
});

defineEnum(SectionKind, "SectionKind", "What a section of a topic page is about.", {
  OVERVIEW: "What the field is.",
  AI_OPPORTUNITY: "Where AI can help in the field.",
  AI_IN_ACTION: "Which tools do so today, and how.",
  JOB_IMPACT: "What this changes for the people who work there.",
  CUSTOM: "Anything else an editor added.",
});

export { SectionKind, TopicCategory };
