// The flow drawn: where the conversation stands is lit, the way it came is marked, and whatever is chosen tells its ways.
import "@xyflow/react/dist/style.css";
import {
  Background,
  BaseEdge,
  Controls,
  getBezierPath,
  Handle,
  MarkerType,
  MiniMap,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
  type Edge,
  type EdgeProps,
  type FitViewOptions,
  type Node,
  type NodeProps,
} from "@xyflow/react";
import { memo, useEffect, useMemo, useRef, useState } from "react";

import type { FlowMap, MapEdge, MapState, Place } from "../api/types";
import { bare } from "../chat/format";
import { isNotOpen, useStudio } from "../store";
import { Icon, IconButton, LineLink, Name, useWords } from "../ui";
import type { Say } from "../words";
import { taken } from "../words/said";
import { HEIGHT, WIDTH, type Spots } from "./layout";
import "./map.css";

type Card = Node<{ state: MapState; group?: string; here: boolean; step: number; uncovered: boolean; found: boolean; faded: boolean }, "state">;

export default function FlowMapPane() {
  return (
    <ReactFlowProvider>
      <Drawn />
    </ReactFlowProvider>
  );
}

/** Begun while the map itself is still asked for. */
let jobs = 0;
const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });

/** A map of so many states is shown whole; of a larger one, the part where the conversation is. */
const SMALL = 14;

const WHOLE: FitViewOptions = { padding: "14px", maxZoom: 1 };

const NOWHERE: Place = { flow: "", state: "", path: [], values: [], timers: [], orders: [] };

function Drawn() {
  const t = useWords();
  const map = useStudio((now) => now.map);
  const place = useStudio((now) => now.places[now.active]) ?? NOWHERE;
  const notOpen = useStudio(isNotOpen);
  const [wanted, want] = useState<string>();
  const [sought, seek] = useState("");
  const [chosen, choose] = useState<string>();
  const [follows, follow] = useState(true);
  const flows = useMemo(() => (map?.flows ?? []).map(withoutIdle), [map?.flows]);
  const look = useStudio((now) => now.look);
  const looked = useRef(0);
  const flow = wanted ?? (flows.some((one) => one.name === place.flow) ? place.flow : (flows[0]?.name ?? ""));
  const drawn = useMemo(() => (flow === "*" ? flows : flows.filter((one) => one.name === flow)), [flows, flow]);
  const { spots, took } = useSpots(drawn);
  const here = useMemo(() => idOf(drawn, place.flow, place.state), [drawn, place]);
  /** Where to look: at the conversation, or where it was last, or where it will begin. */
  const focus = useMemo(() => here ?? lastOf(drawn, place) ?? startOf(drawn), [drawn, place, here]);
  const isOver = place.state === "" && place.path.length > 0;
  const found = useMemo(() => search(drawn, sought), [drawn, sought]);
  const before = useRef<Map<string, Card | Edge>>(new Map());
  const { nodes, edges } = useMemo(() => {
    const now = draw(drawn, spots, { map, place, here, chosen, stop: chosen ?? found[0] ?? focus, found, sought, t });
    return { nodes: kept(now.nodes, before.current), edges: kept(now.edges, before.current) };
  }, [drawn, spots, map, place, here, focus, chosen, found, sought, t]);
  const view = useReactFlow();

  const begin = () => {
    if (!spots) return;
    const at = focus && spots[focus];
    const isSmall = drawn.reduce((sum, one) => sum + one.states.length, 0) <= SMALL;
    if (at && !isSmall && follows) void view.setCenter(at.x + WIDTH / 2, at.y + HEIGHT / 2 + 40, { zoom: 0.85, duration: 0 });
    else void view.fitView(WHOLE);
  };
  useEffect(begin, [spots]);
  useEffect(() => {
    const at = follows && focus && spots?.[focus];
    if (at) void view.setCenter(at.x + WIDTH / 2, at.y + HEIGHT / 2 + 40, { zoom: Math.max(0.7, view.getZoom()), duration: calm() });
  }, [focus, follows]);
  useEffect(() => {
    if (spots && map?.uncovered?.edges.length) void view.fitView({ ...WHOLE, duration: calm() });
  }, [map?.uncovered]);
  useEffect(() => {
    if (!look || look.nonce === looked.current) return;
    const named = (one: FlowMap["flows"][number]) => one.states.find((state) => state.name === look.state)?.id;
    const id = drawn.map(named).find((found) => found !== undefined);
    const elsewhere = flows.find((one) => named(one) !== undefined);
    if (id === undefined && elsewhere) return want(elsewhere.name);
    const at = id !== undefined && spots?.[id];
    if (!at) return;
    looked.current = look.nonce;
    choose(id);
    void view.setCenter(at.x + WIDTH / 2, at.y + HEIGHT / 2 + 40, { zoom: 0.85, duration: calm() });
  }, [look, spots]);
  useEffect(() => {
    const first = found[0];
    const at = first !== undefined && spots?.[first];
    if (at) void view.setCenter(at.x + WIDTH / 2, at.y + HEIGHT / 2, { zoom: 1, duration: calm() });
  }, [sought]);

  if (!map && notOpen) return <p className="none">{t("bench.notOpenWhy")}</p>;
  if (map && flows.length === 0) return <p className="none">{t("map.empty")}</p>;
  return (
    <div className="map" data-laid-ms={took} data-states={nodes.length}>
      <div className="map-bar">
        <label className="pick">
          <span className="hidden-words">{t("map.flow")}</span>
          <select value={flow} onChange={(event) => want(event.target.value)}>
            {flows.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
            {flows.length > 1 && <option value="*">{t("map.all")}</option>}
          </select>
        </label>
        <label className="search">
          <Icon name="search" size={16} />
          <input type="search" value={sought} placeholder={t("map.search")} aria-label={t("map.search")} onChange={(event) => seek(event.target.value)} />
        </label>
        {sought !== "" && <span className="quiet">{found.length === 0 ? t("map.none") : found.length}</span>}
        <span className="top-space" />
        <span className="hidden-words" role="status">
          {place.state !== "" && t("map.here", { state: place.state })}
        </span>
        {map && place.state === "" && <span className="quiet map-rest">{t(isOver ? "map.over" : "map.begins")}</span>}
        {(map?.uncovered?.states.length || map?.uncovered?.edges.length) ? <span className="map-uncovered">{t("map.uncovered")}</span> : null}
        <IconButton icon="target" size={18} label={t("map.follow")} pressed={follows} onClick={() => {
            want(undefined);
            follow(!follows);
          }} />
      </div>
      <div
        className="map-field"
        dir="ltr"
        onKeyDown={(event) => {
          const node = (event.target as HTMLElement).closest<HTMLElement>(".react-flow__node");
          if (node && (event.key === "Enter" || event.key === " ")) choose(node.dataset.id);
          if (event.key === "Escape") choose(undefined);
        }}
      >
        {!spots && <p className="wait">{t("map.laying")}</p>}
        {spots && (
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={TYPES}
            edgeTypes={WAYS}
            nodesDraggable={false}
            nodesConnectable={false}
            edgesFocusable={false}
            ariaLabelConfig={{
              "node.a11yDescription.default": t("map.hint"),
              "node.a11yDescription.keyboardDisabled": t("map.hint"),
              "edge.a11yDescription.default": t("map.hint"),
              "controls.ariaLabel": t("map.view"),
              "controls.zoomIn.ariaLabel": t("map.zoomIn"),
              "controls.zoomOut.ariaLabel": t("map.zoomOut"),
              "controls.fitView.ariaLabel": t("map.fit"),
              "minimap.ariaLabel": t("map.small"),
            }}
            minZoom={0.08}
            maxZoom={1.8}
            onlyRenderVisibleElements={nodes.length > 120}
            proOptions={{ hideAttribution: true }}
            onNodeClick={(_, node) => choose(node.id === chosen ? undefined : node.id)}
            onPaneClick={() => choose(undefined)}
            onMoveStart={(event) => event && follow(false)}
            onInit={begin}
          >
            <Background gap={22} size={1} />
            <Controls showInteractive={false} fitViewOptions={WHOLE} />
            {nodes.length > SMALL && <SmallMap here={here} />}
          </ReactFlow>
        )}
      </div>
      {chosen && <Chosen id={chosen} flows={drawn} choose={choose} />}
    </div>
  );
}

/** Where one looks, while that is a part only. */
function SmallMap({ here }: { here: string | undefined }) {
  const isPart = useStore((now) => now.transform[2] > 0.5);
  return isPart && <MiniMap pannable zoomable style={{ width: 130, height: 90 }} nodeStrokeWidth={0} nodeClassName={(node) => (node.id === here ? "is-here" : "")} />;
}

/** What a state says, where it is written, and its ways in and out: for those who cannot follow lines. */
function Chosen({ id, flows, choose }: { id: string; flows: FlowMap["flows"]; choose: (id: string | undefined) => void }) {
  const t = useWords();
  const state = flows.flatMap((flow) => flow.states).find((one) => one.id === id);
  const edges = flows.flatMap((flow) => flow.edges);
  if (!state) return null;
  const leaves = edges.filter((edge) => edge.from === id);
  const comes = edges.filter((edge) => edge.to === id);
  const ways = (list: { id: string; edge: MapEdge }[]) => (
    <ul>
      {list.map((way, index) => (
        <li key={index}>
          <button type="button" className="link" onClick={() => choose(way.id)}>
            <Name>{nameOf(flows, way.id)}</Name>
          </button>{" "}
          <span className="quiet">
            <Name>{taken(way.edge, t)}</Name>
          </span>
        </li>
      ))}
    </ul>
  );
  return (
    <aside className="chosen" aria-label={state.name}>
      <header>
        <strong>
          <Name>{state.name}</Name>
        </strong>
        <LineLink line={state.line}>{t("map.open")}</LineLink>
        <IconButton icon="close" size={16} label={t("phone.close")} onClick={() => choose(undefined)} />
      </header>
      {state.label && <p dir="auto">{state.label}</p>}
      {leaves.length > 0 && <h3>{t("map.out")}</h3>}
      {ways(leaves.map((edge) => ({ id: edge.to, edge })))}
      {comes.length > 0 && <h3>{t("map.in")}</h3>}
      {ways(comes.map((edge) => ({ id: edge.from, edge })))}
    </aside>
  );
}

const StateCard = memo(function StateCard({ data }: NodeProps<Card>) {
  const { state } = data;
  const classes = ["state", `is-${state.kind}`, data.here && "is-here", data.step >= 0 && "is-passed", data.uncovered && "is-uncovered", data.found && "is-found", data.faded && "is-faded"];
  return (
    <div className={classes.filter(Boolean).join(" ")}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <strong>
        <bdi>{state.name}</bdi>
      </strong>
      {state.label && <span dir="auto">{bare(state.label)}</span>}
      {data.group && (
        <i>
          <bdi>{data.group}</bdi>
        </i>
      )}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});

/** An edge whose words stand at the end that is looked for: there the ways are apart. */
const Way = memo(function Way(edge: EdgeProps<Edge<{ isComing: boolean }>>) {
  const [path] = getBezierPath(edge);
  const [x, y] = edge.data?.isComing ? [edge.sourceX, edge.sourceY + 18] : [edge.targetX, edge.targetY - 20];
  return <BaseEdge path={path} markerEnd={edge.markerEnd} label={edge.label} labelX={x} labelY={y} labelBgPadding={[5, 2]} labelBgBorderRadius={5} />;
});

const TYPES = { state: StateCard };
const WAYS = { way: Way };

/** Letters of an edge's words. */
const MOST = 34;

/** The same objects where nothing changed: the library draws only others. */
function kept<T extends Card | Edge>(list: T[], before: Map<string, Card | Edge>): T[] {
  return list.map((one) => {
    const known = before.get(one.id);
    if (known && JSON.stringify(known) === JSON.stringify(one)) return known as T;
    before.set(one.id, one);
    return one;
  });
}

type Lit = { map?: FlowMap; place: Place; here?: string; chosen?: string; stop?: string; found: string[]; sought: string; t: Say };

function draw(flows: FlowMap["flows"], spots: Spots | undefined, lit: Lit): { nodes: Card[]; edges: Edge[] } {
  if (!spots) return { nodes: [], edges: [] };
  const passed = lit.place.path.map((step) => idOf(flows, step.flow, step.state) ?? "");
  const steps = new Set<string>();
  const parents = new Map(flows.flatMap((flow) => flow.states.map((state) => [state.id, state.parent])));
  for (let at = 1; at < passed.length; at += 1) {
    const to = passed[at]!;
    // The way of a group is taken from any of its states.
    for (let from: string | undefined = passed[at - 1]; from; from = parents.get(from)) steps.add(`${from}→${to}`);
  }
  const uncovered = new Set(lit.map?.uncovered?.states);
  const bare = new Set(lit.map?.uncovered?.edges.map(([from, to]) => `${from}→${to}`));
  const focus = lit.chosen ?? lit.here;
  const near = new Set(lit.chosen ? flows.flatMap((flow) => flow.edges.filter((edge) => edge.from === lit.chosen || edge.to === lit.chosen).flatMap((edge) => [edge.from, edge.to])) : []);
  const names = new Map(flows.flatMap((flow) => flow.states.map((state) => [state.id, state.name])));
  const nodes = flows.flatMap((flow) =>
    flow.states.map((state): Card => ({
      id: state.id,
      type: "state",
      position: spots[state.id] ?? { x: 0, y: 0 },
      width: WIDTH,
      height: HEIGHT,
      selected: state.id === lit.chosen,
      ariaLabel: state.name,
      domAttributes: { "aria-roledescription": lit.t("map.state") },
      // One stop for the Tab key; the ways of what is chosen lead on from there.
      focusable: state.id === lit.stop,
      data: {
        state,
        group: state.parent === undefined ? undefined : (names.get(state.parent) ?? state.parent.replace(/^.*[.:/]/, "").replace(/^group /, "")),
        here: state.id === lit.here,
        step: passed.lastIndexOf(state.id),
        uncovered: uncovered.has(state.id),
        found: lit.sought !== "" && lit.found.includes(state.id),
        faded: lit.chosen !== undefined && state.id !== lit.chosen && !near.has(state.id),
      },
    })),
  );
  const edges = flows.flatMap((flow) =>
    [...ways(flow.edges)].map(([way, all]): Edge => {
      const edge = all[0]!;
      const isNear = edge.from === focus || (lit.chosen !== undefined && edge.to === lit.chosen);
      const isBack = (spots[edge.to]?.y ?? 0) <= (spots[edge.from]?.y ?? 0);
      const classes = [edge.kind && `by-${edge.kind}`, steps.has(way) && "is-passed", isNear && "is-near", bare.has(way) && "is-uncovered", isBack && "is-back", lit.chosen !== undefined && !isNear && "is-faded"];
      return {
        id: `${flow.name}/${way}`,
        type: "way",
        data: { isComing: lit.chosen !== undefined && edge.to === lit.chosen },
        source: edge.from,
        target: edge.to,
        label: isNear ? shortened(all.map((one) => taken(one, lit.t)).join(" / ")) : undefined,
        // Whoever listens is told the ways of a chosen state one by one.
        domAttributes: { "aria-hidden": true },
        className: classes.filter(Boolean).join(" "),
        // A way back passes behind the cards.
        zIndex: isBack ? 0 : isNear ? 2 : steps.has(way) ? 1 : 0,
        markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14 },
      };
    }),
  );
  return { nodes, edges };
}

/** Groups that nothing leads from are told on their states' cards already. */
function withoutIdle(flow: FlowMap["flows"][number]): FlowMap["flows"][number] {
  const ends = new Set(flow.edges.flatMap((edge) => [edge.from, edge.to]));
  return { ...flow, states: flow.states.filter((state) => state.kind !== "compound" || ends.has(state.id)) };
}

/** Edges of the same ends are drawn as one. */
function ways(edges: MapEdge[]): Map<string, MapEdge[]> {
  const out = new Map<string, MapEdge[]>();
  for (const edge of edges) {
    const way = `${edge.from}→${edge.to}`;
    out.set(way, [...(out.get(way) ?? []), edge]);
  }
  return out;
}

function shortened(words: string): string {
  const letters = [...words];
  return letters.length > MOST ? `${letters.slice(0, MOST - 1).join("")}…` : words;
}

function search(flows: FlowMap["flows"], sought: string): string[] {
  const words = sought.trim().toLowerCase();
  if (words === "") return [];
  const states = flows.flatMap((flow) => flow.states);
  const inName = states.filter((state) => state.name.toLowerCase().includes(words));
  const inLabel = states.filter((state) => !inName.includes(state) && state.label?.toLowerCase().includes(words));
  return [...inName, ...inLabel].map((state) => state.id);
}

function idOf(flows: FlowMap["flows"], flow: string, name: string): string | undefined {
  const states = flows.find((one) => one.name === flow)?.states;
  return states?.find((state) => state.name === name || state.id === name)?.id;
}

/** The last state that the conversation went through. */
function lastOf(flows: FlowMap["flows"], place: Place): string | undefined {
  const step = place.path.findLast((one) => idOf(flows, one.flow, one.state) !== undefined);
  return step && idOf(flows, step.flow, step.state);
}

function startOf(flows: FlowMap["flows"]): string | undefined {
  return flows[0]?.states.find((state) => state.kind === "state")?.id;
}

function nameOf(flows: FlowMap["flows"], id: string): string {
  return flows.flatMap((flow) => flow.states).find((state) => state.id === id)?.name ?? id;
}

function calm(): number {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350;
}

/** Laid out by a worker; `took` is how long it was, in milliseconds. */
function useSpots(flows: FlowMap["flows"]): { spots?: Spots; took: number } {
  const [laid, lay] = useState<{ of: FlowMap["flows"]; spots: Spots; took: number }>();
  useEffect(() => {
    if (flows.length === 0) return;
    const mine = ++jobs;
    const began = performance.now();
    const done = (event: MessageEvent<{ job: number; spots: Spots }>) => {
      if (event.data.job === mine) lay({ of: flows, spots: event.data.spots, took: Math.round(performance.now() - began) });
    };
    worker.addEventListener("message", done);
    worker.postMessage({ job: mine, flows });
    return () => worker.removeEventListener("message", done);
  }, [flows]);
  const isFresh = laid !== undefined && laid.of === flows;
  return { spots: isFresh ? laid.spots : undefined, took: isFresh ? laid.took : 0 };
}
