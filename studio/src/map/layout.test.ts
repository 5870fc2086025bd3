import { join } from "node:path";
import { expect, test } from "vitest";

// @ts-expect-error the played shop is plain JavaScript
import { boutiqueMap, wideMap } from "../../mock/map.mjs";
import { HEIGHT, WIDTH, spots } from "./layout";

test.each([
  ["the boutique", boutiqueMap(join(import.meta.dirname, "../../../examples/boutique"))],
  ["300 states", wideMap(300)],
])("%s: no state covers another", (_, map) => {
  const laid = Object.values(spots(map.flows));
  expect(laid.length).toBe(map.flows.flatMap((flow: any) => flow.states).length);
  const covers = laid.flatMap((one, at) =>
    laid.slice(at + 1).filter((other) => Math.abs(one.x - other.x) < WIDTH && Math.abs(one.y - other.y) < HEIGHT),
  );
  expect(covers).toEqual([]);
});

test("an edge to nowhere, to itself or twice is no trouble", () => {
  const states = ["a", "b"].map((id) => ({ id, name: id, kind: "state" as const, line: { file: "f", line: 1 } }));
  const edges = [["a", "b"], ["a", "b"], ["a", "a"], ["a", "gone"]].map(([from, to]) => ({ from: from!, to: to!, on: "x", by: { code: "then" } }));
  expect(Object.keys(spots([{ name: "f", states, edges }]))).toEqual(["a", "b"]);
});
