import { createTestApi, type TestApi } from "../support/api";
describe("spike", () => {
  let api: TestApi;
  beforeAll(async () => { api = await createTestApi({ golden: "catalogue" }); });
  afterAll(() => api.close());
  it("answers", async () => {
    console.log(JSON.stringify(await api.data("{ topics { totalCount nodes { slug tools { nodes { slug } } } } }")).slice(0, 300));
  });
});
