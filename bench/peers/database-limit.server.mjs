// The limit that the database sets: bare node:http, and for each question one prepared, hand-written statement that builds the answer
// as JSON. No GraphQL: whatever reads these rows from PostgreSQL for each request does more than this. The question is the path.
import http from "node:http";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: Number(process.env.POOL_SIZE) });

const page = `
  SELECT json_build_object('data', json_build_object('topic', json_build_object(
    'id', t.id, 'slug', t.slug, 'title', t.title, 'emoji', t.emoji, 'summary', t.summary, 'updatedOn', t.updated_on,
    'sections', (
      SELECT json_agg(json_build_object('heading', heading, 'bodyMarkdown', body_markdown) ORDER BY position)
      FROM topic_section WHERE topic_id = t.id),
    'tools', (
      SELECT json_agg(json_build_object('rank', rank, 'blurb', blurb, 'tool',
        json_build_object('slug', o.slug, 'name', o.name, 'vendor', o.vendor, 'descriptionMarkdown', o.description_markdown)) ORDER BY rank)
      FROM topic_tool tt JOIN tool o ON o.id = tt.tool_id WHERE tt.topic_id = t.id),
    'lessons', (
      SELECT json_agg(json_build_object('slug', l.slug, 'title', l.title, 'level', l.level, 'durationMinutes', l.duration_minutes) ORDER BY p.position, p.lesson_id)
      FROM (SELECT lesson_id, position FROM lesson_topic WHERE topic_id = t.id ORDER BY position, lesson_id LIMIT 20) p
      JOIN lesson l ON l.id = p.lesson_id)
  )))::text AS answer FROM topic t WHERE t.slug = $1`;

const list = `
  SELECT json_build_object('data', json_build_object('topics', json_agg(json_build_object('slug', t.slug, 'title', t.title, 'tools', (
    SELECT json_agg(json_build_object('rank', rank, 'tool', json_build_object('name', o.name)) ORDER BY rank)
    FROM topic_tool tt JOIN tool o ON o.id = tt.tool_id WHERE tt.topic_id = t.id)) ORDER BY t.position, t.id)))::text AS answer
  FROM (SELECT id, slug, title, position FROM topic ORDER BY position, id LIMIT 50) t`;

const field = `
  SELECT json_build_object('data', json_build_object('topic', json_build_object('title', title)))::text AS answer
  FROM topic WHERE slug = $1`;

const statements = new Map([
  ["/page", variables => ({ name: "page", text: page, values: [variables.slug] })],
  ["/list", () => ({ name: "list", text: list, values: [] })],
  ["/field", variables => ({ name: "field", text: field, values: [variables.slug] })],
]);

http
  .createServer((request, response) => {
    const chunks = [];
    request.on("data", chunk => chunks.push(chunk));
    request.on("end", async () => {
      const { variables } = JSON.parse(Buffer.concat(chunks).toString());
      const { rows } = await pool.query(statements.get(request.url)(variables));
      response.setHeader("content-type", "application/json");
      response.end(rows[0].answer);
    });
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
