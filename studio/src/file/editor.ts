// The editor, in a shadow tree: there its styles are adopted sheets, which the page's strict policy allows.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { lintGutter, nextDiagnostic, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Text } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";

import type { Finding } from "../api/types";
import type { Say, Word } from "../words";
import { difference } from "./difference";
import { flowFile } from "./language";
import sheet from "./editor.css?raw";

export type Editor = {
  /** Another file. */
  open: (text: string) => void;
  /** The same file as it is now on disk: place and undo are kept. */
  renew: (text: string) => void;
  text: () => string;
  mark: (findings: Finding[]) => void;
  go: (line: number, column?: number) => void;
  /** What the editor is called, and the language that it speaks itself. */
  describe: (label: string, t: Say) => void;
  close: () => void;
};

/** Nothing can be written before a file is open. */
export function editor(parent: HTMLElement, changed: (text: string) => void, save: () => void): Editor {
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  root.replaceChildren();
  const styles = new CSSStyleSheet();
  styles.replaceSync(sheet);
  root.adoptedStyleSheets = [styles];
  let label = "";
  const spoken = new Compartment();
  let phrases = EditorState.phrases.of({});
  let isLoading = false;
  const extensions = (isOpen: boolean) => [
    EditorState.readOnly.of(!isOpen),
    spoken.of(phrases),
    lineNumbers(),
    history(),
    drawSelection(),
    highlightSpecialChars(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    lintGutter(),
    EditorView.lineWrapping,
    EditorView.perLineTextDirection.of(true),
    EditorView.contentAttributes.of(() => ({ "aria-label": label })),
    flowFile,
    keymap.of([{ key: "Mod-s", run: () => (save(), true), preventDefault: true }, indentWithTab, ...defaultKeymap, ...historyKeymap, ...searchKeymap.filter(({ key }) => key !== "Mod-Alt-g"), { key: "F8", run: nextDiagnostic }]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !isLoading) changed(update.state.doc.toString());
    }),
  ];
  const view = new EditorView({ root, parent: root as unknown as HTMLElement, state: EditorState.create({ extensions: extensions(false) }) });
  return {
    open(text) {
      isLoading = true;
      view.setState(EditorState.create({ doc: text, extensions: extensions(true) }));
      isLoading = false;
    },
    renew(text) {
      const change = difference(view.state.doc.toString(), text);
      if (!change) return;
      isLoading = true;
      view.dispatch({ changes: change });
      isLoading = false;
    },
    text: () => view.state.doc.toString(),
    mark: (findings) => view.dispatch(setDiagnostics(view.state, findings.map((finding) => diagnostic(view.state.doc, finding)))),
    go(line, column) {
      const at = position(view.state.doc, line, column ?? 1);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    describe(words, t) {
      label = words;
      phrases = EditorState.phrases.of(Object.fromEntries(Object.entries(PHRASES).map(([phrase, word]) => [phrase, t(word)])));
      view.dispatch({ effects: spoken.reconfigure(phrases) });
    },
    close: () => view.destroy(),
  };
}

/** What the library says itself, by its English. */
const PHRASES: Record<string, Word> = {
  Find: "edit.find",
  Replace: "edit.replace",
  next: "edit.next",
  previous: "edit.previous",
  all: "edit.all",
  "match case": "edit.case",
  regexp: "edit.pattern",
  "by word": "edit.word",
  replace: "edit.replace",
  "replace all": "edit.replaceAll",
  close: "edit.close",
  "current match": "edit.match",
  "on line": "edit.line",
  "replaced $ matches": "edit.replaced",
  "replaced match on line $": "edit.replacedLine",
  "Control character": "edit.control",
  "Selection deleted": "edit.deleted",
};

function diagnostic(doc: Text, finding: Finding): Diagnostic {
  const from = position(doc, finding.line, finding.column);
  const to = Math.max(from, position(doc, finding.end_line, finding.end_column));
  return {
    from,
    to: to === from ? doc.lineAt(from).to : to,
    severity: finding.severity,
    source: finding.code,
    message: finding.help ? `${finding.message}\n${finding.help}` : finding.message,
  };
}

/** Columns count letters from 1, as the checker does. */
function position(doc: Text, line: number, column: number): number {
  const found = doc.line(Math.min(Math.max(1, line), doc.lines));
  const letters = [...found.text].slice(0, Math.max(0, column - 1)).join("").length;
  return Math.min(found.to, found.from + letters);
}
