// The enums of tools, plans and facts, described for clients.
import { FactComparison, FactKind, PlanUnit, PricingModel, Protocol, ToolCategory } from "../../generated/prisma/enums";
import { defineEnum } from "../../graphql/enums";

defineEnum(ToolCategory, "ToolCategory", "What kind of tool it is.", {
  CODE_EDITOR: "An editor or IDE with AI built in.",
  CODING_AGENT: "An agent that carries out programming tasks by itself.",
  CODE_ASSISTANT: "An assistant inside another editor.",
  MCP_SERVER: "A server that gives AI tools access to another system over the Model Context Protocol.",
  ASSISTANT: "A general assistant to talk with.",
  SEARCH: "Answers questions from the web, with sources.",
  IMAGE_GENERATION: "Makes images from descriptions.",
  DESIGN: "Helps to design pages, graphics or interfaces.",
  WRITING: "Helps to write and edit text.",
  RESEARCH: "Helps to work through sources.",
  AUTOMATION: "Connects systems and runs workflows.",
  CUSTOMER_SUPPORT: "Answers customers.",
  DATA_ANALYSIS: "Helps to analyse data.",
});

defineEnum(PricingModel, "PricingModel", "How a tool is paid for.", {
  FREE: "Free of charge.",
  FREEMIUM: "A free tier beside paid plans.",
  PAID: "Paid plans only.",
  USAGE_BASED: "Paid by use.",
  OPEN_SOURCE: "Open source; the models or services it uses may cost.",
  CONTACT_SALES: "Prices are not public.",
});

defineEnum(Protocol, "Protocol", "An open protocol that a tool speaks.", {
  MCP: "Model Context Protocol: how AI tools reach other systems.",
  OAUTH_2_1: "OAuth 2.1: signing in without API keys.",
  LSP: "Language Server Protocol: how editors understand code.",
  A2A: "Agent2Agent: how agents talk to each other.",
});

defineEnum(PlanUnit, "PlanUnit", "What a price is paid for.", {
  MONTH: "One month for one person.",
  YEAR: "One year for one person.",
  SEAT_MONTH: "One month for each seat of a team.",
  SEAT_YEAR: "One year for each seat of a team.",
  MILLION_INPUT_TOKENS: "One million tokens sent to a model.",
  MILLION_OUTPUT_TOKENS: "One million tokens that a model writes.",
  ONE_TIME: "Once and for all.",
  UNIT: "One unit of use, as the plan's description says.",
});

defineEnum(FactKind, "FactKind", "What a fact is about.", {
  USERS: "How many people use it.",
  REVENUE: "What it earns.",
  VALUATION: "What it is worth, or was offered for.",
  ADOPTION: "Who uses it.",
  CAPABILITY: "What it can do.",
  MODEL: "Which models it runs on, in which version.",
  LIMIT: "How much it can take, such as a context window.",
  RELEASE: "What came out, and when.",
  PROTOCOL: "Which protocols it speaks, and how.",
  INTEGRATION: "What it works with.",
  PRICING: "What it costs, beyond the plans.",
  SECURITY: "How it keeps things safe.",
  COMPANY: "Who makes it.",
});

defineEnum(FactComparison, "FactComparison", "How the value of a fact is meant.", {
  EXACTLY: "The value itself.",
  AT_LEAST: "The value or more.",
  AT_MOST: "The value or less.",
  MORE_THAN: "More than the value.",
  ABOUT: "Roughly the value.",
});

export { FactComparison, FactKind, PlanUnit, PricingModel, Protocol, ToolCategory };
