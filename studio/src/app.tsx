// The page as a whole: phones on one side, the workbench on the other.
import { lazy, memo, Suspense } from "react";

import { Customers } from "./bench/customers";
import { Journal } from "./bench/journal";
import { Backend, Levers } from "./bench/levers";
import { Pane } from "./bench/pane";
import { Person } from "./bench/person";
import { Orders, Timers, Values } from "./bench/place";
import { Top } from "./bench/top";
import { draftsOf, useDrafts } from "./file/drafts";
import { Phone } from "./phone/phone";
import { dismiss, useStudio } from "./store";
import { IconButton, useWords } from "./ui";

const FlowMapPane = lazy(() => import("./map/map"));
const FilePane = lazy(() => import("./file/file"));

export function App() {
  const t = useWords();
  const shop = useStudio((now) => now.shop);
  const home = useStudio((now) => now.home);
  const open = useStudio((now) => now.open);
  const customers = useStudio((now) => now.customers);
  return (
    <>
      <a className="skip" href="#write">
        {t("bench.skip")}
      </a>
      <a className="skip" href="#levers">
        {t("bench.skipLevers")}
      </a>
      <Top />
      {!shop ? (
        <main className="starting">{home ? t("bench.noShop") : t("bench.starting")}</main>
      ) : (
        <main className="page">
          <div className="phones">
            <Customers />
            <div className="phone-row">
              {open.map((id) => {
                const customer = customers.find((one) => one.id === id);
                return customer && <Phone key={`${shop.slug}/${id}`} customer={customer} shop={shop} />;
              })}
            </div>
          </div>
          <Bench />
        </main>
      )}
      <Notes />
    </>
  );
}

const Bench = memo(function Bench() {
  const t = useWords();
  const slug = useStudio((now) => now.shop?.slug);
  const findings = useStudio((now) => now.findings);
  const unsaved = useDrafts((drafts) => draftsOf(drafts, slug ?? "").join(", "));
  const errors = findings.filter((one) => one.severity === "error").length;
  return (
    <div className="bench">
      <div className="bench-main">
        <Pane id="map" title={t("map.title")} grows>
          <Suspense fallback={<p className="wait">{t("map.laying")}</p>}><FlowMapPane /></Suspense>
        </Pane>
        <Pane id="file" title={t("file.title")} grows mark={errors > 0 ? `${errors}` : undefined} waits={unsaved ? t("file.waits", { files: unsaved }) : undefined}>
          <Suspense fallback={null}>
            <FilePane key={slug} />
          </Suspense>
        </Pane>
        <Pane id="journal" title={t("journal.title")} grows folded>
          <Journal />
        </Pane>
      </div>
      <div className="bench-side" id="levers" tabIndex={-1}>
        <Pane id="levers" title={t("levers.title")}>
          <Levers />
        </Pane>
        <Pane id="person" title={t("person.title")}>
          <Person />
        </Pane>
        <Pane id="orders" title={t("orders.title")}>
          <Orders />
        </Pane>
        <Pane id="timers" title={t("timers.title")}>
          <Timers />
        </Pane>
        <Pane id="values" title={t("values.title")}>
          <Values />
        </Pane>
        <Pane id="backend" title={t("backend.title")}>
          <Backend />
        </Pane>
      </div>
    </div>
  );
});

function Notes() {
  const t = useWords();
  const notes = useStudio((now) => now.notes);
  return (
    <div className="notes" role="status" aria-live="polite">
      {notes.map((note) => (
        <div key={note.key} className={`note is-${note.kind}`}>
          <span dir="auto">{note.text}</span>
          <IconButton icon="close" size={16} label={t("bench.dismiss")} onClick={() => dismiss(note.key)} />
        </div>
      ))}
    </div>
  );
}
