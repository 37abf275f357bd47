// Faults of our own: masked for the client, and found again in the log.
import { startTestServer } from "../../support/server";
import { authorizationOf, createViewer } from "../../support/signed-in";

interface FaultAnswer {
  data?: unknown;
  errors: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

describe("An unexpected error", () => {
  it("of a field is told to the client as an id only, with its path, and the log has its cause under that id (R11, B17)", async () => {
    const server = await startTestServer({ golden: "catalogue" });
    try {
      await server.database.exclusive(connection => connection.script('DROP TABLE "lesson_tool" CASCADE'));
      const query = '{ catalogStats { topicCount } tool(by: { slug: "cursor" }) { name lessons { nodes { slug } } } }';
      const response = await server.post({ query }, { "x-request-id": "fault-request-1" });
      expect(response.status).toBe(200);
      const text = await response.text();
      const { data, errors } = JSON.parse(text) as FaultAnswer;
      expect(data).toEqual({ catalogStats: { topicCount: expect.any(Number) as number }, tool: null });
      expect(errors).toEqual([
        expect.objectContaining({
          message: "Internal server error",
          path: ["tool", "lessons"],
          extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "fault-request-1" },
        }),
      ]);
      expect(text).not.toMatch(/lesson_tool|relation|exist|stack|\.ts/);
      const line = server.log.map(entry => JSON.parse(entry) as Record<string, unknown>).find(entry => "err" in entry);
      expect(line).toMatchObject({ requestId: "fault-request-1", level: "error" });
      expect(JSON.stringify(line)).toMatch(/relation \\?\\"lesson_tool\\?\\" does not exist/);
    } finally {
      await server.close();
    }
  });

  it("before anything runs is 500 for the whole request, masked and logged in the same way (R11, B17)", async () => {
    const server = await startTestServer({ golden: "empty" });
    try {
      const authorization = await authorizationOf(await createViewer(server.database), server.services.tokens);
      // Who asks cannot be found out.
      await server.database.exclusive(connection => connection.script('DROP TABLE "user_session" CASCADE'));
      const response = await server.post(
        { query: "{ viewer { user { role } } }" },
        { authorization, "x-request-id": "fault-request-2" },
      );
      expect([response.status, response.headers.get("cache-control")]).toEqual([500, "no-store"]);
      expect(await response.json()).toEqual({
        errors: [
          {
            message: "Internal server error",
            extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "fault-request-2" },
          },
        ],
      });
      const line = server.log.map(entry => JSON.parse(entry) as Record<string, unknown>).find(entry => "err" in entry);
      expect(line).toMatchObject({ requestId: "fault-request-2", level: "error" });
      expect(JSON.stringify(line)).toMatch(/relation \\?\\"user_session\\?\\" does not exist/);
    } finally {
      await server.close();
    }
  });
});
