// A WhatsApp Flow as screens with fields: the published Flow JSON with the words that the message brings along. Where no
// Flow JSON came with the message, its fields are read from the words themselves. Draws nothing.

export type Field = {
  name: string;
  label: string;
  kind: "text" | "long" | "number" | "phone" | "email" | "password" | "date" | "choice" | "several" | "agree";
  /** Unknown where only the message's words tell of the field. */
  required?: boolean;
  helper?: string;
  options: { id: string; title: string; note?: string }[];
  initial?: string;
};

export type Part =
  | { kind: "heading" | "subheading" | "words" | "caption"; text: string }
  | { kind: "field"; field: Field }
  | { kind: "button"; label: string; next?: string };

export type Screen = { id: string; title: string; parts: Part[] };

const INPUTS: Record<string, Field["kind"]> = {
  TextInput: "text",
  TextArea: "long",
  DatePicker: "date",
  CalendarPicker: "date",
  Dropdown: "choice",
  RadioButtonsGroup: "choice",
  ChipsSelector: "several",
  CheckboxGroup: "several",
  OptIn: "agree",
};

const WORDS: Record<string, "heading" | "subheading" | "words" | "caption"> = {
  TextHeading: "heading",
  TextSubheading: "subheading",
  TextBody: "words",
  TextCaption: "caption",
  RichText: "words",
};

const TYPES: Record<string, Field["kind"]> = { number: "number", phone: "phone", email: "email", password: "password", passcode: "password" };

/** The screens of a form, the first to be shown first. */
export function screens(form: any, parameters: any): Screen[] {
  const payload = parameters?.flow_action_payload ?? {};
  const data = payload.data ?? {};
  const published = Array.isArray(form?.screens) ? form.screens.filter((one: unknown) => typeof one === "object" && one) : [];
  if (published.length === 0) return fromWords(data);
  const all: Screen[] = published.map((screen: any) => ({
    id: `${screen.id ?? ""}`,
    title: fill(screen.title, data),
    parts: parts(screen.layout?.children, data),
  }));
  const first = all.findIndex((screen) => screen.id === payload.screen);
  return first > 0 ? [all[first]!, ...all.filter((_, index) => index !== first)] : all;
}

function parts(children: unknown, data: any): Part[] {
  if (!Array.isArray(children)) return [];
  return children.flatMap((child): Part[] => {
    if (child?.visible === false) return [];
    const words = WORDS[child?.type];
    if (words) return [{ kind: words, text: Array.isArray(child.text) ? child.text.map((one: unknown) => fill(one, data)).join("\n") : fill(child.text, data) }];
    const input = INPUTS[child?.type];
    if (input) return [{ kind: "field", field: field(child, input, data) }];
    if (child?.type === "Footer") {
      const action = child["on-click-action"] ?? {};
      const next = action.name === "navigate" ? action.next?.name : undefined;
      return [{ kind: "button", label: fill(child.label, data), next }];
    }
    return parts(child?.children, data);
  });
}

function field(child: any, kind: Field["kind"], data: any): Field {
  const source = filled(child["data-source"], data);
  return {
    name: `${child.name ?? ""}`,
    label: fill(child.label, data),
    kind: kind === "text" ? (TYPES[child["input-type"]] ?? "text") : kind,
    required: child.required === true || filled(child.required, data) === true,
    helper: child["helper-text"] ? fill(child["helper-text"], data) : undefined,
    options: options(source),
    initial: child["init-value"] === undefined ? undefined : fill(child["init-value"], data),
  };
}

function options(source: unknown): Field["options"] {
  if (!Array.isArray(source)) return [];
  return source.map((one) => ({ id: `${one?.id ?? one}`, title: `${one?.title ?? one?.id ?? one}`, note: one?.description }));
}

/** `${data.x}` as what the message says of x. */
function filled(value: unknown, data: any): unknown {
  const whole = typeof value === "string" ? /^\$\{data\.([\w.]+)\}$/.exec(value) : null;
  return whole ? data?.[whole[1]!] : value;
}

function fill(value: unknown, data: any): string {
  if (typeof value !== "string") return value === undefined || value === null ? "" : `${value}`;
  return value.replace(/\$\{data\.([\w.]+)\}/g, (_, name: string) => `${data?.[name] ?? ""}`);
}

function fromWords(data: any): Screen[] {
  const names = Object.keys(data).filter((key) => key.startsWith("label_"));
  const loose = names.length > 0 ? [] : Object.keys(data).filter((key) => !["heading", "submit"].includes(key) && typeof data[key] !== "object");
  const fields: Part[] = [...names.map((key) => key.slice(6)), ...loose].map((name) => ({
    kind: "field",
    field: {
      name,
      label: `${data[`label_${name}`] ?? name.replaceAll("_", " ")}`,
      kind: data[`options_${name}`] ? "choice" : "text",
      options: options(data[`options_${name}`]),
      initial: names.length > 0 ? undefined : `${data[name]}`,
    },
  }));
  if (fields.length === 0) return [];
  const heading: Part[] = data.heading ? [{ kind: "heading", text: `${data.heading}` }] : [];
  return [{ id: "FORM", title: `${data.heading ?? ""}`, parts: [...heading, ...fields, { kind: "button", label: `${data.submit ?? ""}` }] }];
}
