// Where the states of a map stand: in layers, by how many steps they are from the start. Only edges from one layer to the
// next shape the layout; the long ways and the ways back are drawn over it. The work is one call, done off the page's thread.
import { Graph, layout } from "@dagrejs/dagre";

import type { FlowMap, MapEdge } from "../api/types";

export const WIDTH = 184;
export const HEIGHT = 54;
const BESIDE = 26;
const BETWEEN = 64;

/** What a pane is about as wide as high. */
const SHAPE = 1.7;

type Flow = FlowMap["flows"][number];

/** The upper left corner of each state; `sideways`: layers are columns, because one of them is long. */
export type Spots = { at: Record<string, { x: number; y: number }>; sideways: boolean };

/** All flows, one below the other. */
export function spots(flows: FlowMap["flows"]): Spots {
  const layers = flows.map(depths);
  const sideways = isSideways(layers);
  const at: Spots["at"] = {};
  let top = 0;
  flows.forEach((flow, index) => {
    const graph = new Graph();
    graph.setGraph({ rankdir: sideways ? "LR" : "TB", nodesep: BESIDE, ranksep: sideways ? BETWEEN * 1.6 : BETWEEN, ranker: "longest-path" });
    for (const state of flow.states) graph.setNode(state.id, { width: WIDTH, height: HEIGHT });
    for (const edge of shaping(flow, layers[index]!)) graph.setEdge(edge.from, edge.to, {});
    layout(graph);
    let bottom = top;
    for (const state of flow.states) {
      const node = graph.node(state.id) as { x: number; y: number };
      at[state.id] = { x: Math.round(node.x - WIDTH / 2), y: Math.round(top + node.y - HEIGHT / 2) };
      bottom = Math.max(bottom, top + node.y + HEIGHT);
    }
    top = bottom + BETWEEN;
  });
  return { at, sideways };
}

/** How many steps each state is from the first one; what cannot be reached starts anew. */
function depths(flow: Flow): Map<string, number> {
  const ways = new Map<string, string[]>(flow.states.map((state) => [state.id, []]));
  for (const edge of flow.edges) if (ways.has(edge.to)) ways.get(edge.from)?.push(edge.to);
  const depth = new Map<string, number>();
  for (const state of flow.states) {
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

function shaping(flow: Flow, depth: Map<string, number>): MapEdge[] {
  return flow.edges.filter((edge) => depth.has(edge.from) && depth.get(edge.to) === depth.get(edge.from)! + 1);
}

function isSideways(layers: Map<string, number>[]): boolean {
  const counts = new Map<number, number>();
  for (const depth of layers) for (const layer of depth.values()) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  const long = Math.max(1, ...counts.values());
  const down = (long * (WIDTH + BESIDE)) / (counts.size * (HEIGHT + BETWEEN));
  const across = (counts.size * (WIDTH + BETWEEN * 1.6)) / (long * (HEIGHT + BESIDE));
  return Math.abs(Math.log(across / SHAPE)) < Math.abs(Math.log(down / SHAPE));
}
