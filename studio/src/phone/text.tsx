// A text as WhatsApp shows it. Every string ends up as a text node; links open in a tab that knows nothing of this one.
import { Fragment, type ReactNode } from "react";

import { blocks, type Block, type Span } from "../chat/format";

export function Text({ text, className = "" }: { text: string; className?: string }) {
  return (
    <div className={`text ${className}`} dir="auto">
      {blocks(text).map((block, index) => (
        <Fragment key={index}>{drawBlock(block)}</Fragment>
      ))}
    </div>
  );
}

function drawBlock(block: Block): ReactNode {
  switch (block.kind) {
    case "mono":
      return <pre className="text-mono">{block.text}</pre>;
    case "quote":
      return <blockquote className="text-quote">{draw(block.spans)}</blockquote>;
    case "item":
      return (
        <div className="text-item">
          <span className="text-mark">{block.mark}</span>
          <span>{draw(block.spans)}</span>
        </div>
      );
    case "line":
      return <div className="text-line">{block.spans.length === 0 ? "\u200b" : draw(block.spans)}</div>;
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
