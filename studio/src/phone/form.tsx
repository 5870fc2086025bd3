// A WhatsApp Flow, filled in screen by screen on the phone.
import { useMemo, useState } from "react";

import { ADDRESS } from "../chat/bubble";
import { screens, type Field } from "../chat/form";
import { Name } from "../ui";
import type { Word } from "../words";
import { usePhone, type Sheet } from "./context";
import { Frame } from "./sheets";

type Values = Record<string, string | string[] | boolean>;

export function FormSheet({ sheet, close }: { sheet: Extract<Sheet, { kind: "form" }>; close: () => void }) {
  const { t, shop, say } = usePhone();
  const all = useMemo(() => screens(sheet.tap.form, sheet.tap.parameters), [sheet]);
  /** The screens that were gone through; the last one is shown. */
  const [trail, go] = useState([0]);
  const at = trail.at(-1) ?? 0;
  const [values, setValues] = useState<Values>(() => initial(all.flatMap((one) => one.parts.flatMap((part) => (part.kind === "field" ? [part.field] : [])))));
  const [missing, setMissing] = useState<string[]>([]);
  const screen = all[at];
  if (!screen) {
    return (
      <Frame title={sheet.tap.title} close={close} full>
        <p className="notice">{t("phone.formClosed")}</p>
      </Frame>
    );
  }
  const fields = screen.parts.flatMap((part) => (part.kind === "field" ? [part.field] : []));
  const button = screen.parts.find((part) => part.kind === "button");
  const next = button?.kind === "button" && button.next ? all.findIndex((one) => one.id === button.next) : -1;
  const isOnward = next !== -1 && !trail.includes(next);
  const submit = async () => {
    const empty = fields.filter((field) => field.required && isEmpty(values[field.name])).map((field) => field.name);
    setMissing(empty);
    if (empty.length > 0) {
      document.getElementById(`form-${empty[0]}`)?.focus();
      return;
    }
    if (isOnward) go([...trail, next]);
    else if (await say({ form: { message: sheet.message, values: told(values) } })) close();
  };
  return (
    <Frame title={screen.title || sheet.tap.title} close={close} back={trail.length > 1 ? () => go(trail.slice(0, -1)) : undefined} full>
      <form
        key={at}
        className="sheet-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="sheet-body form">
          {screen.parts.map((part, index) => {
            switch (part.kind) {
              case "field":
                return (
                  <FieldInput
                    key={part.field.name}
                    field={sheet.tap.form === ADDRESS ? { ...part.field, label: t(part.field.label as Word) } : part.field}
                    value={values[part.field.name]}
                    missing={missing.includes(part.field.name)}
                    change={(value) => setValues({ ...values, [part.field.name]: value })}
                  />
                );
              case "button":
                return null;
              case "heading":
                return part.text === screen.title ? null : (
                  <h3 key={index} dir="auto">
                    {part.text}
                  </h3>
                );
              default:
                return (
                  <p key={index} dir="auto" className={`form-${part.kind}`}>
                    {part.text}
                  </p>
                );
            }
          })}
        </div>
        <div className="sheet-foot is-stacked">
          <button type="submit" className="wide-button">
            <bdi>{(button?.kind === "button" && button.label) || t(isOnward ? "phone.continue" : "phone.send")}</bdi>
          </button>
          <span className="quiet form-managed">
            {t("phone.managed", { shop: shop.name })}
          </span>
        </div>
      </form>
    </Frame>
  );
}

function FieldInput({ field, value, missing, change }: { field: Field; value: Values[string] | undefined; missing: boolean; change: (value: Values[string]) => void }) {
  const { t } = usePhone();
  const id = `form-${field.name}`;
  const shared = { id, "aria-invalid": missing, "aria-describedby": missing || field.helper ? `${id}-note` : undefined, "aria-required": field.required };
  const words = typeof value === "string" ? value : "";
  const note = missing ? t("phone.required") : field.helper;
  return (
    <div className={`form-field ${missing ? "is-missing" : ""}`}>
      {field.kind === "agree" ? (
        <label className="form-agree">
          <input {...shared} type="checkbox" checked={value === true} onChange={(event) => change(event.target.checked)} />
          <Name>{field.label}</Name>
        </label>
      ) : field.kind === "several" ? (
        <fieldset id={id}>
          <legend dir="auto">{field.label}</legend>
          {field.options.map((option) => {
            const picked = Array.isArray(value) ? value : [];
            return (
              <label key={option.id} className="form-agree">
                <input
                  type="checkbox"
                  checked={picked.includes(option.id)}
                  onChange={(event) => change(event.target.checked ? [...picked, option.id] : picked.filter((one) => one !== option.id))}
                />
                <Name>{option.title}</Name>
              </label>
            );
          })}
        </fieldset>
      ) : (
        <>
          <label htmlFor={id}>
            <Name>{field.label}</Name>
            {field.required === false && <span className="quiet"> ({t("phone.optional")})</span>}
          </label>
          {field.kind === "choice" ? (
            <select {...shared} value={words} dir="auto" onChange={(event) => change(event.target.value)}>
              <option value="" />
              {field.options.map((option) => (
                <option key={option.id} value={option.id}>
                  {option.title}
                </option>
              ))}
            </select>
          ) : field.kind === "long" ? (
            <textarea {...shared} rows={3} value={words} maxLength={600} dir="auto" onChange={(event) => change(event.target.value)} />
          ) : (
            <input {...shared} type={INPUT[field.kind]} value={words} dir="auto" onChange={(event) => change(event.target.value)} />
          )}
        </>
      )}
      {note && (
        <span id={`${id}-note`} className="form-note" dir="auto">
          {note}
        </span>
      )}
    </div>
  );
}

const INPUT = { text: "text", number: "number", phone: "tel", email: "email", password: "password", date: "date" } as const;

function initial(fields: Field[]): Values {
  return Object.fromEntries(fields.filter((field) => field.initial !== undefined).map((field) => [field.name, field.initial ?? ""]));
}

function isEmpty(value: Values[string] | undefined): boolean {
  return value === undefined || value === false || (typeof value !== "boolean" && value.length === 0) || (typeof value === "string" && value.trim() === "");
}

/** Fields that were left empty are not told. */
function told(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
}
