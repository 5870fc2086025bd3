// A text as WhatsApp shows it. Every string ends up as a text node; links open in a tab that knows nothing of this one.
import { Fragment, type ReactNode } from "react";

import { blocks, type Block, type Span } from "../chat/format";

/** `room`: words as wide as what shares the last line. */
export function Text({ text, className = "", room }: { text: string; className?: string; room?: string }) {
  const all = blocks(text);
  const isShared = room !== undefined && all.at(-1)?.kind !== "mono";
  return (
    <div className={`text ${className} ${isShared ? "is-shared" : ""}`} dir="auto">
      {all.map((block, index) => (
        <Fragment key={index}>{drawBlock(block, isShared && index === all.length - 1 ? room : undefined)}</Fragment>
      ))}
    </div>
  );
}

function drawBlock(block: Block, room: string | undefined): ReactNode {
  if (block.kind === "mono") return <pre className="text-mono">{block.text}</pre>;
  const words = (
    <>
      {block.spans.length === 0 ? "\u200b" : draw(block.spans)}
      {room !== undefined && (
        <span className="room" aria-hidden="true">
          {room}
        </span>
      )}
    </>
  );
  switch (block.kind) {
    case "quote":
      return <blockquote className="text-quote">{words}</blockquote>;
    case "item":
      return (
        <div className="text-item">
          <span className="text-mark">{block.mark}</span>
          <span>{words}</span>
        </div>
      );
    case "line":
      return <div className="text-line">{words}</div>;
  }
}

function draw(spans: Span[]): ReactNode {
  return spans.map((span, index) => <Fragment key={index}>{drawSpan(span)}</Fragment>);
}

function drawSpan(span: Span): ReactNode {
  switch (span.kind) {
    case "text":
      return span.text;
    case "bold":
      return <strong>{draw(span.spans)}</strong>;
    case "italic":
      return <em>{draw(span.spans)}</em>;
    case "strike":
      return <s>{draw(span.spans)}</s>;
    case "mono":
    case "code":
      return <code>{span.text}</code>;
    case "link":
      return (
        <a href={span.href} target="_blank" rel="noopener noreferrer">
          {span.text}
        </a>
      );
  }
}
