// Mercurius on Fastify with its JIT: batching loaders over hand-written, prepared SQL that reads the columns which the schema has and no others.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });
const query = async (name, text, values) => (await pool.query({ name, text, values })).rows;

const schema = /* GraphQL */ `
  type Topic {
    id: Int!
    slug: String!
    title: String!
    emoji: String!
    summary: String!
    updatedOn: String!
    sections: [Section!]!
    tools: [TopicTool!]!
    lessons(first: Int!): [Lesson!]!
  }
  type Section {
    heading: String!
    bodyMarkdown: String!
  }
  type TopicTool {
    rank: Int!
    blurb: String!
    tool: Tool!
  }
  type Tool {
    slug: String!
    name: String!
    vendor: String!
    descriptionMarkdown: String!
  }
  enum Level {
    BEGINNER
    INTERMEDIATE
    ADVANCED
  }
  type Lesson {
    slug: String!
    title: String!
    level: Level!
    durationMinutes: Int!
  }
  type Query {
    topic(slug: String!): Topic
    topics(first: Int!): [Topic!]!
  }
`;

const topicColumns = `id, slug, title, emoji, summary, updated_on::text AS "updatedOn"`;
const resolvers = {
  Query: {
    topic: async (_, { slug }) =>
      (await query("topic", `SELECT ${topicColumns} FROM topic WHERE slug = $1`, [slug]))[0],
    topics: (_, { first }) =>
      query("topics", `SELECT ${topicColumns} FROM topic ORDER BY position, id LIMIT $1`, [first]),
  },
};

const loaders = {
  Topic: {
    sections: async queries => {
      const ids = queries.map(({ obj }) => obj.id);
      const text = `SELECT topic_id, heading, body_markdown AS "bodyMarkdown" FROM topic_section WHERE topic_id = ANY ($1) ORDER BY position`;
      return grouped(ids, await query("sections", text, [ids]), row => row.topic_id);
    },
    tools: async queries => {
      const ids = queries.map(({ obj }) => obj.id);
      // Joined, though Mercurius could batch TopicTool.tool as well: one statement less makes it faster.
      const text = `
        SELECT tt.topic_id, tt.rank, tt.blurb, t.slug, t.name, t.vendor, t.description_markdown
        FROM topic_tool tt JOIN tool t ON t.id = tt.tool_id
        WHERE tt.topic_id = ANY ($1) ORDER BY tt.rank`;
      const places = (await query("tools", text, [ids])).map(
        ({ topic_id, rank, blurb, slug, name, vendor, description_markdown }) => ({
          topic_id,
          rank,
          blurb,
          tool: { slug, name, vendor, descriptionMarkdown: description_markdown },
        }),
      );
      return grouped(ids, places, place => place.topic_id);
    },
    lessons: async queries => {
      const places = queries.map((_, place) => place);
      const text = `
        SELECT k.place, l.slug, l.title, l.level, l.duration_minutes AS "durationMinutes"
        FROM unnest($1::int[], $2::int[], $3::int[]) AS k (place, topic_id, first),
          LATERAL (SELECT lesson_id, position FROM lesson_topic t WHERE t.topic_id = k.topic_id ORDER BY position, lesson_id LIMIT k.first) t
          JOIN lesson l ON l.id = t.lesson_id
        ORDER BY k.place, t.position, t.lesson_id`;
      const values = [places, queries.map(({ obj }) => obj.id), queries.map(({ params }) => params.first)];
      return grouped(places, await query("lessons", text, values), row => row.place);
    },
  },
};

function grouped(keys, rows, keyOf) {
  const groups = new Map(keys.map(key => [key, []]));
  for (const row of rows) groups.get(keyOf(row)).push(row);
  return keys.map(key => groups.get(key));
}

const app = Fastify();
app.register(mercurius, { schema, resolvers, loaders, jit: 1 });
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
