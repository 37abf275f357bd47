// What every server is asked, each in its own schema, and how an answer is read so that all can be compared: page is a topic with its
// 5 sections, its 8 tools and the first 20 of its lessons; list is 50 topics with their tools; field is the title of one topic.

/** The kinds of question: whether one takes the slug of a topic, and what it asks for. */
export const kinds = {
  page: { takesSlug: true, title: "Topic page: 5 sections, 8 tools, 20 lessons" },
  list: { takesSlug: false, title: "50 topics with their tools" },
  field: { takesSlug: true, title: "One field of one topic" },
};

const field = {
  learngraph: `query Field($slug: String!) { topic(by: { slug: $slug }) { title } }`,
  postgraphile: `query Field($slug: String!) { topic: topicBySlug(slug: $slug) { title } }`,
  mercurius: `query Field($slug: String!) { topic(slug: $slug) { title } }`,
};

const page = {
  learngraph: `query Page($slug: String!) {
    topic(by: { slug: $slug }) {
      id slug title emoji summary updatedOn
      sections { heading body { markdown } }
      tools(first: 8) { edges { rank blurb node { slug name vendor description { markdown } } } }
      lessons(first: 20) { nodes { slug title level durationMinutes } }
    }
  }`,
  postgraphile: `query Page($slug: String!) {
    topic: topicBySlug(slug: $slug) {
      id slug title emoji summary updatedOn
      sections: topicSectionsByTopicIdList(orderBy: POSITION_ASC) { heading bodyMarkdown }
      tools: topicToolsByTopicIdList(orderBy: RANK_ASC) { rank blurb tool: toolByToolId { slug name vendor descriptionMarkdown } }
      lessons: lessonTopicsByTopicIdList(first: 20, orderBy: [POSITION_ASC, LESSON_ID_ASC]) { lesson: lessonByLessonId { slug title level durationMinutes } }
    }
  }`,
  mercurius: `query Page($slug: String!) {
    topic(slug: $slug) {
      id slug title emoji summary updatedOn
      sections { heading bodyMarkdown }
      tools { rank blurb tool { slug name vendor descriptionMarkdown } }
      lessons(first: 20) { slug title level durationMinutes }
    }
  }`,
  yogaPothos: `query Page($slug: String!) {
    topic(slug: $slug) {
      id slug title emoji summary updatedOn
      sections { heading bodyMarkdown }
      tools { rank blurb tool { slug name vendor descriptionMarkdown } }
      lessons(first: 20) { lesson { slug title level durationMinutes } }
    }
  }`,
};

const list = {
  learngraph: `query List { topics(first: 50) { nodes { slug title tools(first: 8) { edges { rank node { name } } } } } }`,
  postgraphile: `query List { topics: allTopicsList(first: 50, orderBy: [POSITION_ASC, ID_ASC]) { slug title tools: topicToolsByTopicIdList(orderBy: RANK_ASC) { rank tool: toolByToolId { name } } } }`,
  mercurius: `query List { topics(first: 50) { slug title tools { rank tool { name } } } }`,
};

/** The documents of each server, by kind. The limits are no GraphQL servers: the question is their path. */
export const documents = {
  learngraph: { page: page.learngraph, list: list.learngraph, field: field.learngraph },
  postgraphile: { page: page.postgraphile, list: list.postgraphile, field: field.postgraphile },
  mercurius: { page: page.mercurius, list: list.mercurius, field: field.mercurius },
  yogaPothos: { page: page.yogaPothos, list: list.mercurius, field: field.mercurius },
  apolloTypeGraphql: { page: page.mercurius, list: list.mercurius, field: field.mercurius },
};

/**
 * The data of an answer of any of the servers in one form: connections become lists, text with formats becomes its Markdown, the rows
 * of link tables become what they link to, and a global id becomes the number in it.
 * @throws Error when there are errors beside the data, or no data.
 */
export function readAnswer(body) {
  const { data, errors } = JSON.parse(body);
  if (errors || !data) throw new Error(`The answer is an error: ${body.slice(0, 500)}`);
  return flatten(data);
}

function flatten(value, key) {
  if (Array.isArray(value)) return value.map(item => flatten(item));
  if (typeof value !== "object" || value === null) return key === "id" ? numberIn(value) : value;
  if (value.nodes) return flatten(value.nodes);
  if (value.edges) return value.edges.map(({ node, ...link }) => ({ ...link, tool: flatten(node) }));
  if (value.lesson) return flatten(value.lesson);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isText = typeof inner === "object" && inner !== null && "markdown" in inner;
      return isText ? [`${name}Markdown`, inner.markdown] : [name, flatten(inner, name)];
    }),
  );
}

function numberIn(id) {
  if (typeof id === "number") return id;
  return Number(/\d+$/.exec(Buffer.from(id, "base64").toString())?.[0]);
}
