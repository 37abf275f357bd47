// Keeps the editor in the system's light or dark theme while the page is open; GraphiQL by itself looks only once.

import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";

/** Follows the system's preference, unless the visitor has chosen a theme in GraphiQL's settings. */
export function useSystemTheme(): void {
  const theme = useGraphiQL(state => state.theme);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    if (theme) return;
    const preference = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(null);
    preference.addEventListener("change", follow);
    return () => preference.removeEventListener("change", follow);
  }, [theme, setTheme]);
}
