// The conversation that leads to a finding, played line by line on the phone. Nothing of it reaches the server.
import { useEffect, useRef, useState } from "react";

import type { Finding, Line } from "../api/types";
import { parts } from "../chat/played";
import { IconButton, useWords } from "../ui";
import { usePhone } from "./context";
import { Text } from "./text";

const PACE_MS = 550;

export function Played({ finding, done }: { finding: Finding; done: () => void }) {
  const t = useWords();
  const { language } = usePhone();
  const chat = finding.chat ?? [];
  const [shown, show] = useState(0);
  const end = useRef<HTMLDivElement>(null);

  useEffect(() => show(matchMedia("(prefers-reduced-motion: reduce)").matches ? chat.length : 0), [finding]);
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
    if (shown >= chat.length) return;
    const timer = setTimeout(() => show(shown + 1), shown === 0 ? 150 : PACE_MS);
    return () => clearTimeout(timer);
  }, [shown, finding]);

  return (
    <div className="played">
      <div className="played-bar">
        <strong>{t("play.title", { code: finding.code })}</strong>
        <button type="button" className="button is-small" onClick={() => show(0)}>
          {t("play.again")}
        </button>
        <IconButton icon="close" label={t("play.close")} onClick={done} />
      </div>
      <div className="thread" role="log" aria-live="polite" lang={language} tabIndex={0} aria-label={t("play.title", { code: finding.code })}>
        {chat.slice(0, shown).map((line, index) => (
          <PlayedLine key={index} line={line} isLast={index === chat.length - 1} />
        ))}
        {shown >= chat.length && <p className={`played-end is-${finding.severity}`}>{finding.message}</p>}
        <div ref={end} />
      </div>
    </div>
  );
}

/** A line is drawn as what the customer would see of it; what is neither said nor tapped is told between the messages. */
function PlayedLine({ line, isLast }: { line: Line; isLast: boolean }) {
  const { words, choices, note, isTold } = parts(line);
  if (isTold) return <div className="day"><span dir="auto">{words}</span></div>;
  return (
    <div className={`row ${line.way === "in" ? "is-mine" : ""} is-first`}>
      <div className={`bubble ${isLast ? "is-marked" : ""}`}>
        {words !== "" && <Text text={words} />}
        {note !== undefined && <p className="played-note" dir="auto">{note}</p>}
        {choices.map((choice, index) => (
          <div key={index} className="tap is-inert">
            <span dir="auto">{choice}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
