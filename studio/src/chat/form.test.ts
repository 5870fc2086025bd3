import { expect, test } from "vitest";

// @ts-expect-error the played shop is plain JavaScript
import { form, formMessage } from "../../mock/gallery.mjs";
import { screens } from "./form";

const fieldsOf = (list: ReturnType<typeof screens>) => list.flatMap((one) => one.parts.flatMap((part) => (part.kind === "field" ? [part.field] : [])));

test("a published form takes its words from the message", () => {
  const [screen] = screens(form, formMessage.action.parameters);
  expect(screen?.title).toBe("Delivery details");
  expect(screen?.parts[0]).toEqual({ kind: "heading", text: "Delivery details" });
  expect(screen?.parts.at(-1)).toEqual({ kind: "button", label: "Save", next: undefined });
  expect(fieldsOf([screen!]).map((field) => [field.name, field.label, field.kind, field.required])).toEqual([
    ["name", "Your name", "text", true],
    ["street", "Street and building", "text", true],
    ["town", "Town", "choice", true],
    ["notes", "Notes for the rider", "text", false],
  ]);
  expect(fieldsOf([screen!])[2]?.options.map((one) => one.id)).toEqual(["Kilimani", "Westlands", "Lavington"]);
});

test("without the form its fields are read from the message's words", () => {
  expect(fieldsOf(screens(undefined, formMessage.action.parameters)).map((field) => field.name)).toEqual(["name", "street", "town", "notes"]);
});

test("a form that says nothing has no screen", () => {
  expect(screens(undefined, undefined)).toEqual([]);
  expect(screens({ screens: [null, 7] }, {})).toEqual([]);
});

test("the screen that the message names comes first", () => {
  const two = { screens: [{ id: "A", layout: { children: [] } }, { id: "B", layout: { children: [] } }] };
  expect(screens(two, { flow_action_payload: { screen: "B" } }).map((one) => one.id)).toEqual(["B", "A"]);
});
