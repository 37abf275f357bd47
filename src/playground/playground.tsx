// The playground itself: GraphiQL on our endpoint, with the example operations and texts in the page's header.

import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useMemo, useState } from "react";
import { createPortal } from "react-dom";
import { documents, examples } from "playground:content";
import { ExamplesMenu } from "./examples-menu";
import { createFetcher, type Exchange } from "./fetcher";
import { hasStoredTabs, openStorage } from "./storage";
import { useSystemTheme } from "./system-theme";

const plugins = [HISTORY_PLUGIN];

/** Opens on the first example, or on the visitor's own tabs of an earlier visit. `actions` is the header's place for the menu and links. */
export function Playground({ endpoint, actions }: { endpoint: string; actions: HTMLElement }) {
  const [exchange, setExchange] = useState<Exchange | null>(null);
  const fetcher = useMemo(() => createFetcher(endpoint, setExchange), [endpoint]);
  const storage = useMemo(openStorage, []);
  // Decided once: GraphiQL stores its tabs as soon as it runs.
  const [opening] = useState(() =>
    hasStoredTabs(storage) ? {} : { initialQuery: examples[0].query, initialVariables: examples[0].variables },
  );

  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      plugins={plugins}
      inputValueDeprecation
      schemaDescription
      defaultQuery=""
      defaultEditorToolsVisibility="variables"
      {...opening}
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <GraphiQL.Footer>
        <p className="exchange" role="status">
          {exchange && describeExchange(exchange)}
        </p>
      </GraphiQL.Footer>
      <HeaderActions container={actions} />
    </GraphiQL>
  );
}

// A component of its own, because GraphiQL's hooks work only below GraphiQL.
function HeaderActions({ container }: { container: HTMLElement }) {
  useSystemTheme();
  return createPortal(
    <>
      <ExamplesMenu />
      {documents.map(({ label, href }) => (
        <a key={href} className="masthead-action" href={href} target="_blank" rel="noreferrer">
          {label}
        </a>
      ))}
    </>,
    container,
  );
}

function describeExchange({ status, milliseconds, bytes }: Exchange): string {
  if (status === null) return "No answer";
  const size = bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
  return `HTTP ${status} · ${Math.max(1, Math.round(milliseconds))} ms · ${size}`;
}
