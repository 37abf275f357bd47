// Where GraphiQL keeps tabs, history and settings: the browser's storage, or memory where the browser allows none.

/** Storage that always works: what cannot be kept by the browser is kept until the page is closed. Never throws. */
export function openStorage(): Storage {
  try {
    const storage = window.localStorage;
    const probe = "learngraph:probe";
    storage.setItem(probe, probe);
    storage.removeItem(probe);
    return storage;
  } catch {
    return memoryStorage();
  }
}

/** Whether a visitor's tabs from an earlier visit are there to be shown again. */
export function hasStoredTabs(storage: Storage): boolean {
  return storage.getItem("graphiql:tabState") !== null;
}

function memoryStorage(): Storage {
  const values = new Map<string, string>();
  return {
    get length() {
      return values.size;
    },
    clear: () => values.clear(),
    getItem: key => values.get(key) ?? null,
    key: index => [...values.keys()][index] ?? null,
    removeItem: key => void values.delete(key),
    setItem: (key, value) => void values.set(key, value),
  };
}
