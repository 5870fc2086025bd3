import { expect, test } from "vitest";

import { parts } from "./played";

test.each([
  ["in", '"hi"', { words: "hi", choices: [], isTold: false }],
  ["in", "taps [Add to bag]", { words: "Add to bag", choices: [], isTold: false }],
  ["in", "is quiet for 26 hours", { words: "is quiet for 26 hours", choices: [], isTold: true }],
  ["time", "payment.paid", { words: "payment.paid", choices: [], isTold: true }],
  ["out", 'welcome: "Karibu!" [Shop] [Help]', { words: "Karibu!", choices: ["Shop", "Help"], isTold: false }],
  ["out", 'remind: "Still here."  <- the window closed 2 hours ago', { words: "Still here.", choices: [], note: "the window closed 2 hours ago", isTold: false }],
] as const)("%s %s", (way, text, expected) => expect(parts({ way, text })).toEqual(expected));
