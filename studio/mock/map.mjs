// Maps to draw: the boutique's, read roughly off its file, and wide ones of any number of states.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function boutiqueMap(folder) {
  const states = [];
  const edges = [];
  let group;
  let at;
  let on = "";
  readFileSync(join(folder, "boutique.duka"), "utf8").split("\n").forEach((line, index) => {
    const head = /^(state|group|anywhere|follow|template)\b ?(\w*)/.exec(line);
    if (head) {
      at = undefined;
      if (head[1] === "group") group = head[2];
      if (head[1] === "state") {
        at = { id: `boutique/${head[2]}`, name: head[2], kind: "state", parent: group, line: { file: "boutique.duka", line: index + 1 } };
        states.push(at);
      }
      return;
    }
    if (!at) return;
    const words = /^ {2}(?:ask|say)(?: \w+)?: (.+)/.exec(line);
    if (words && !at.label) at.label = words[1];
    const reaction = /^ {2}(?:button|row|link) \w+(?: if ([^:]+))?: (.*?)(?: <?->|$)/.exec(line);
    if (reaction) on = reaction[2];
    else if (/^ {2}\S/.test(line)) on = line.trim().replace(/ *<?->.*/, "").slice(0, 40);
    const target = /-> (\w[\w.]*)$/.exec(line);
    if (!target || line.includes("<->")) return;
    if (target[1] === "again") return;
    edges.push({ from: at.id, to: `boutique/${target[1]}`, on, by: on.startsWith("if ") ? { code: "then" } : { code: "words", about: on }, ...(/ if (.+?)[:-]/.exec(line) ? { guard: / if (.+?)(?::| ->)/.exec(line)?.[1] } : {}) });
  });
  states.push({ id: "boutique/end", name: "end", kind: "final", line: { file: "boutique.duka", line: 1 } });
  const tracking = ["ask_number", "lookup", "shown"].map((name, index) => ({ id: `std.tracking/${name}`, name, kind: index === 2 ? "final" : "state", line: { file: "boutique.duka", line: 11 } }));
  return {
    flows: [
      { name: "boutique", states, edges },
      { name: "std.tracking", states: tracking, edges: [{ from: tracking[0].id, to: tracking[1].id, on: "answer", by: { code: "answers", about: "number" } }, { from: tracking[1].id, to: tracking[2].id, on: "then", by: { code: "then" } }, { from: tracking[1].id, to: tracking[0].id, on: "something fails", by: { code: "failed" } }] },
    ],
  };
}

export function wideMap(count) {
  const states = Array.from({ length: count }, (_, index) => ({ id: `w/${index}`, name: `state_${index}`, kind: index === count - 1 ? "final" : "state", label: `What the customer reads in ${index}`, line: { file: "boutique.duka", line: index + 1 } }));
  const edges = [];
  for (let index = 1; index < count; index += 1) {
    edges.push({ from: `w/${Math.floor((index - 1) / 3)}`, to: `w/${index}`, on: `Choice ${index}`, by: { code: "words", about: `Choice ${index}` } });
    if (index % 2 === 0) edges.push({ from: `w/${index}`, to: `w/${(index * 7) % count}`, on: "Elsewhere", by: { code: "words", about: "Elsewhere" } });
    if (index % 5 === 0) edges.push({ from: `w/${index}`, to: "w/0", on: "Menu", by: { code: "words", about: "Menu" } });
  }
  return { flows: [{ name: "wide", states, edges }] };
}
