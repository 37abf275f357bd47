// Entry of the browser side: gives the editor its workers and mounts the playground into the page that the server sent.

import "graphiql/style.css";
import "./playground.css";
import { createRoot } from "react-dom/client";
import { workers } from "playground:workers";
import { Playground } from "./playground";

globalThis.MonacoEnvironment = {
  getWorker(_workerId: string, label: string): Worker {
    if (label === "json") return new Worker(workers.json);
    if (label === "graphql") return new Worker(workers.graphql);
    return new Worker(workers.editor);
  },
};

const workbench = document.getElementById("workbench");
const actions = document.getElementById("actions");
if (!workbench || !actions) throw new Error("The page has no #workbench or no #actions element");

createRoot(workbench).render(<Playground endpoint={workbench.dataset.endpoint ?? "/graphql"} actions={actions} />);
