// What the server says, as `/api/v1/openapi.json` describes it. Times are milliseconds since 1970 on the shop's clock.

/** `began_ms`: when this process began; what is known of an earlier one may be gone. */
export type Home = { version: string; began_ms: number; shops: Shop[]; clock: Clock; running: boolean; files: FileLimit[] };

export type FileKind = "image" | "video" | "audio" | "document";

/** What WhatsApp takes of a kind of file. */
export type FileLimit = { kind: FileKind; endings: string[]; most_bytes: number };

export type Shop = {
  slug: string;
  name: string;
  language: string;
  languages: string[];
  currency: string;
  timezone?: string;
  brand?: { colour?: string };
  numbers: string[];
  channels: Channel[];
  revision: string;
  /** The files have errors that cannot run: an older version does. */
  behind?: boolean;
  files: string[];
  findings: Finding[];
};

export type Channel = "whatsapp" | "messenger" | "web";

export type Clock = { now: number; shifted_by: number; next_timer: number | null };

export type Customer = {
  id: string;
  name: string;
  shop: string;
  channel: Channel;
  /** The shop's, as digits. */
  number: string;
  language?: string;
  window_until: number | null;
  handed_over: boolean;
  unread: number;
  last?: string;
};

export type Status = "accepted" | "sent" | "delivered" | "read" | "failed";

/** A message either way. `body` is WhatsApp's own JSON: of the send, or the element of a webhook's `messages`. */
export type Item = {
  seq: number;
  id: string;
  at: number;
  way: "out" | "in";
  body: any;
  status?: Status;
  error?: { code: number; title: string };
  template?: { header?: any; body: string; footer?: string; buttons?: any[]; cards?: any[]; category: string };
  media?: { url: string; mime: string; bytes?: number };
  form?: any;
  product?: Product;
  products?: Record<string, Product>;
  why?: Why;
};

export type Product = {
  sku: string;
  name: string;
  price: string;
  stock: number | null;
  image?: string;
  description?: string;
};

export type Why = {
  /** A person of the shop wrote it, and no line of a flow. */
  person?: boolean;
  flow: string;
  /** Empty: lines beside the conversation sent it. */
  state: string;
  follow?: { name: string; on: string; line?: { file: string; line: number } };
  line?: { file: string; line: number };
  guards: { text: string; value: string }[];
  data_age_ms?: number;
  window: "inside" | "outside" | "template";
  category?: string;
  /** As WhatsApp says it: `free_customer_service`. */
  cost?: string;
};

export type Say =
  | { text: string; reply_to?: string }
  | { button: string; title: string; message: string }
  | { list: string; title: string; description?: string; message: string }
  | { quick: string; title: string; message: string }
  | { location: { latitude: number; longitude: number; name?: string; address?: string } }
  | { order: { catalog_id: string; text?: string; items: { sku: string; quantity: number }[] } }
  | { form: { message: string; values: Record<string, unknown> } }
  | { reaction: { message: string; emoji: string } }
  | { contact: true };

/** What the shop's person does: takes the conversation over, answers, gives it back. */
export type Act = { action: "open" | "close" } | { action: "reply"; text: string };

export type Place = {
  flow: string;
  state: string;
  path: { flow: string; state: string; at: number }[];
  values: { name: string; value: string; kind: string }[];
  timers: Timer[];
  orders: Order[];
};

/** What time will do. `length_ms`: how long it is waited for, where the flow says it. */
export type Timer = { at: number; kind: "after" | "quiet" | "window" | "answer" | "look"; length_ms?: number };

export type Order = {
  reference: string;
  state: string;
  total?: string;
  paid?: string;
  tracking?: string;
  actions: string[];
};

export type StateKind = "state" | "final" | "parallel" | "compound" | "handoff";

export type MapState = {
  id: string;
  name: string;
  kind: StateKind;
  label?: string;
  parent?: string;
  line: { file: string; line: number };
};

/** What takes a conversation along an edge. */
export type Cause = "customer" | "event" | "shop" | "failure";

/** What takes a conversation along an edge: a code, with the flow's own name or words, or a length in milliseconds. */
export type By = { code: string; about?: string | number };

/** `on` is the English of `by` and `guard`. */
export type MapEdge = { from: string; to: string; on: string; by: By; guard?: string; kind?: Cause };

export type FlowMap = {
  flows: { name: string; states: MapState[]; edges: MapEdge[] }[];
  uncovered?: { states: string[]; edges: [string, string][] };
};

export type Severity = "error" | "warning" | "info";

export type Finding = {
  code: string;
  severity: Severity;
  message: string;
  help?: string;
  file: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  chat?: Line[];
};

/** A line of the conversation that leads to a finding. */
export type Line = { way: "in" | "out" | "time"; text: string };

export type Backend = {
  delay_ms: number;
  down: boolean;
  /** Customers' phones tell what was read. */
  reads: boolean;
  products: Product[];
  templates: { name: string; language: string; status: string; category: string }[];
};

export type Reloaded = {
  shop?: string;
  revision?: string;
  said: string;
  ok?: boolean;
  places?: { customer: string; outcome: "kept" | "lost" | "pinned"; state: string }[];
};

/** A way that no test takes: `line`, as the flow has it; `failure`; or `itself`, the number of a line that goes on by itself. */
export type Left = { owner: string; by: { code: "line"; about: string } | { code: "failure" } | { code: "itself"; about: number } };

export type Explored = { uncovered: NonNullable<FlowMap["uncovered"]>; left: Left[]; failing: number; tests_written?: string };
