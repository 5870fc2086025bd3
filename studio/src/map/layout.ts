// Where the states of a map stand: in layers, by how many steps they are from the start. Only edges from one layer to the
// next shape the layout; the long ways and the ways back are drawn over it. The work is one call, done off the page's thread.
import { Graph, layout } from "@dagrejs/dagre";

import type { FlowMap } from "../api/types";

export const WIDTH = 184;
export const HEIGHT = 54;
const BESIDE = 26;
const BETWEEN = 64;

/** What a pane is about as wide as high. */
const SHAPE = 1.7;
/** As many states stand side by side in any case. */
const ROW = 12;

type Flow = FlowMap["flows"][number];
type Spot = { x: number; y: number };

/** The upper left corner of each state. */
export type Spots = Record<string, Spot>;

/** All flows, one below the other. */
export function spots(flows: FlowMap["flows"]): Spots {
  const out: Spots = {};
  let top = 0;
  for (const flow of flows) {
    const placed = place(flow);
    let bottom = top;
    for (const [id, spot] of placed) {
      out[id] = { x: Math.round(spot.x), y: Math.round(top + spot.y) };
      bottom = Math.max(bottom, top + spot.y + HEIGHT);
    }
    top = bottom + 2 * BETWEEN;
  }
  return out;
}

function place(flow: Flow): Map<string, Spot> {
  const depth = depths(flow);
  // The layers are known; the library counts two ranks for each, to leave room for words on edges.
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: BESIDE, ranksep: BETWEEN, ranker: "none" });
  for (const state of flow.states) graph.setNode(state.id, { width: WIDTH, height: HEIGHT, rank: 2 * (depth.get(state.id) ?? 0) });
  for (const edge of flow.edges) {
    if (depth.has(edge.from) && depth.get(edge.to) === depth.get(edge.from)! + 1) graph.setEdge(edge.from, edge.to, {});
  }
  layout(graph);
  const spot = (id: string): Spot => {
    const node = graph.node(id) as Spot;
    return { x: node.x - WIDTH / 2, y: node.y - HEIGHT / 2 };
  };
  const placed = new Map(flow.states.map((state) => [state.id, spot(state.id)]));
  const most = Math.max(ROW, Math.ceil(Math.sqrt((SHAPE * flow.states.length * (HEIGHT + BETWEEN)) / (WIDTH + BESIDE))));
  const layers = new Map<number, { id: string }[]>();
  for (const state of flow.states) layers.set(depth.get(state.id) ?? 0, [...(layers.get(depth.get(state.id) ?? 0) ?? []), state]);
  return [...layers.values()].every((layer) => layer.length <= most) ? placed : inRows(layers, placed, most);
}

/** Layers that are longer than a row are broken like lines of a text, in the order that was found for them. */
function inRows(layers: Map<number, { id: string }[]>, placed: Map<string, Spot>, most: number): Map<string, Spot> {
  const out = new Map<string, Spot>();
  let y = 0;
  for (const number of [...layers.keys()].sort((a, b) => a - b)) {
    const layer = [...layers.get(number)!].sort((a, b) => placed.get(a.id)!.x - placed.get(b.id)!.x);
    const rows = Math.ceil(layer.length / most);
    const length = Math.ceil(layer.length / rows);
    for (let from = 0; from < layer.length; from += length) {
      const row = layer.slice(from, from + length);
      const left = -((row.length - 1) * (WIDTH + BESIDE)) / 2;
      row.forEach((state, index) => out.set(state.id, { x: left + index * (WIDTH + BESIDE), y }));
      y += HEIGHT + BESIDE;
    }
    y += BETWEEN - BESIDE;
  }
  return out;
}

/**
 * How many steps each state is from the first one. A group is a step behind its first state. What holds everywhere begins at
 * the top again, and so does what nothing leads to.
 */
function depths(flow: Flow): Map<string, number> {
  const ways = new Map<string, string[]>(flow.states.map((state) => [state.id, []]));
  for (const edge of flow.edges) if (ways.has(edge.to)) ways.get(edge.from)?.push(edge.to);
  for (const state of flow.states) if (ways.has(state.parent ?? "")) ways.get(state.id)?.push(state.parent!);
  const order = { parallel: 1, compound: 2, state: 3, handoff: 3, final: 4 };
  const first = flow.states.find((state) => state.kind === "state");
  const rest = [...flow.states].sort((a, b) => order[a.kind] - order[b.kind]);
  const depth = new Map<string, number>();
  for (const state of first ? [first, ...rest] : rest) {
    if (depth.has(state.id)) continue;
    depth.set(state.id, 0);
    const waiting = [state.id];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      for (const to of ways.get(next) ?? []) {
        if (depth.has(to)) continue;
        depth.set(to, depth.get(next)! + 1);
        waiting.push(to);
      }
    }
  }
  return depth;
}
