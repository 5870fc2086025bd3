// A line of a finding's conversation as the checker writes it: `"hi"`, `taps [Shop]`, `is quiet for 26 hours`,
// `welcome: "Karibu" [Shop] [Help]  <- the window closed 2 hours ago`. Draws nothing.
import type { Line } from "../api/types";

export type Parts = {
  words: string;
  choices: string[];
  note?: string;
  /** Nothing that stands in a bubble: time that passes, something that happens. */
  isTold: boolean;
};

export function parts(line: Line): Parts {
  const note = /\s*<- (.+)$/.exec(line.text);
  let words = note ? line.text.slice(0, note.index) : line.text;
  const choices: string[] = [];
  for (let match = CHOICE.exec(words); match; match = CHOICE.exec(words)) {
    choices.unshift(match[1]!);
    words = words.slice(0, match.index);
  }
  if (line.way === "in" && choices.length > 0) return { words: choices.join(", "), choices: [], note: note?.[1], isTold: false };
  const said = (line.way === "out" ? words.replace(/^[\w.]+: (?=")/, "") : words).trim();
  const isQuoted = said.length > 1 && said.startsWith('"') && said.endsWith('"');
  const isTold = line.way === "time" || (line.way === "in" && !isQuoted);
  return { words: isQuoted ? said.slice(1, -1) : said, choices, note: note?.[1], isTold };
}

const CHOICE = /\s*\[([^\[\]]+)\]\s*$/;
