// A part of the workbench that can be folded; what is folded is not drawn.
import { useId, type ReactNode } from "react";

import { fold, useStudio, type Pane as PaneId } from "../store";
import { Icon } from "../ui";

export function Pane(props: { id: PaneId; title: string; grows?: boolean; folded?: boolean; mark?: string; waits?: string; children: ReactNode }) {
  const isFolded = useStudio((now) => now.folded[props.id] ?? props.folded ?? false);
  const body = useId();
  return (
    <section className={`pane pane-${props.id} ${props.grows ? "grows" : ""} ${isFolded ? "is-folded" : ""}`} aria-label={props.title}>
      <h2 className="pane-head">
        <button type="button" aria-expanded={!isFolded} aria-controls={body} onClick={() => fold(props.id, !isFolded)}>
          <Icon name="chevron" size={18} />
          <span>{props.title}</span>
          {props.mark !== undefined && <span className="count is-error">{props.mark}</span>}
          {props.waits !== undefined && <span className="badge is-warning pane-waits">{props.waits}</span>}
        </button>
      </h2>
      <div id={body} className="pane-body" hidden={isFolded}>
        {!isFolded && props.children}
      </div>
    </section>
  );
}
