// Faults of our own: masked for the client, and found again in the log.
import { startTestServer } from "../../support/server";

interface FaultAnswer {
  errors: { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

describe("An unexpected error", () => {
  it("is told to the client as an id only, and the log has its cause under that id", async () => {
    const server = await startTestServer({ golden: "catalogue" });
    try {
      await server.database.exclusive(connection => connection.script('DROP TABLE "lesson_tool" CASCADE'));
      const query = '{ catalogStats { topicCount } tool(by: { slug: "cursor" }) { name lessons { nodes { slug } } } }';
      const response = await server.post({ query }, { "x-request-id": "fault-request-1" });
      const text = await response.text();
      const { errors } = JSON.parse(text) as FaultAnswer;
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
});
