// The menu of example operations in the header: name and one line each; choosing one loads its operation and variables.

import { DropdownMenu, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { examples, type Example } from "playground:content";

/** A menu button that the keyboard works too. An example never overwrites what the visitor wrote: it gets a tab of its own then. */
export function ExamplesMenu() {
  const openExample = useOpenExample();
  const ready = useGraphiQL(state => Boolean(state.queryEditor && state.variableEditor));

  return (
    <DropdownMenu>
      <DropdownMenu.Button className="masthead-action" disabled={!ready}>
        Examples <span aria-hidden="true">▾</span>
      </DropdownMenu.Button>
      <DropdownMenu.Content className="examples" align="end">
        {examples.map(example => (
          <DropdownMenu.Item key={example.name} className="example" onSelect={() => openExample(example)}>
            <span className="example-name">{example.name}</span>
            <span className="example-description">{example.description}</span>
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function useOpenExample(): (example: Example) => void {
  const { tabs, activeTabIndex, queryEditor, variableEditor, responseEditor } = useGraphiQL(state => ({
    tabs: state.tabs,
    activeTabIndex: state.activeTabIndex,
    queryEditor: state.queryEditor,
    variableEditor: state.variableEditor,
    responseEditor: state.responseEditor,
  }));
  const { addTab, changeTab, stop, updateActiveTabValues } = useGraphiQLActions();

  return ({ query, variables }) => {
    const openAlready = tabs.findIndex(tab => tab.query === query && (tab.variables ?? "") === variables);
    if (openAlready === activeTabIndex && openAlready >= 0 && queryEditor?.getValue() === query) return;
    if (openAlready >= 0 && openAlready !== activeTabIndex) {
      changeTab(openAlready);
      return;
    }

    if (isUntouched(queryEditor?.getValue() ?? "", variableEditor?.getValue() ?? "")) stop();
    else addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables);
    responseEditor?.setValue("");
    updateActiveTabValues({ query, variables, response: null });
    queryEditor?.focus();
  };
}

function isUntouched(query: string, variables: string): boolean {
  if (query.trim() === "" && variables.trim() === "") return true;
  return examples.some(example => example.query === query && example.variables === variables);
}
