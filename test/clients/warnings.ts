// What client packages say on the console: there they warn of a schema, an answer or a use of them that they cannot work with.

/** Fails each test of the file that leaves something on the console. Returns what was said, for a test that expects it to take away. */
export function expectNoWarnings(): string[] {
  const said: string[] = [];
  beforeEach(() => {
    for (const method of ["warn", "error"] as const) {
      jest.spyOn(console, method).mockImplementation((...parts: unknown[]) => void said.push(parts.join(" ")));
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
    expect(said.splice(0)).toEqual([]);
  });
  return said;
}
