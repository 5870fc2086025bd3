// The file, checked while it is written; what is found can be played on the phone. Saving is the server's: a file that
// changed on disk meanwhile is never overwritten without being asked.
import { useCallback, useEffect, useRef, useState } from "react";

import { Refused, server } from "../api/client";
import type { Finding } from "../api/types";
import { attempt, goTo, isNotOpen, note, play, useStudio, whyNot } from "../store";
import { Icon, useWords } from "../ui";
import { editor, type Editor } from "./editor";
import "./file.css";

const CHECK_AFTER_MS = 250;

type Drafts = Map<string, { text: string; sha: string }>;

/** What was written into files of each shop and is not saved yet, but for the file that the editor holds. */
const unsaved = new Map<string, Drafts>();

function draftsOf(slug: string): Drafts {
  const drafts = unsaved.get(slug) ?? new Map();
  unsaved.set(slug, drafts);
  return drafts;
}

/** Of one shop: another one has another. */
export default function FilePane() {
  const t = useWords();
  const shop = useStudio((now) => now.shop);
  const spot = useStudio((now) => now.spot);
  const flowRead = useStudio((now) => now.flowRead);
  const saved = useStudio((now) => now.findings);
  const slug = shop?.slug ?? "";
  const files = shop?.files ?? [];
  const [path, setPath] = useState(() => spot?.file ?? mainFile(files, slug));
  const [sha, setSha] = useState("");
  const [dirty, setDirty] = useState(false);
  const [conflict, setConflict] = useState(false);
  const [live, setLive] = useState<Finding[]>();
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<Editor>(undefined);
  const latest = useRef({ path, sha, dirty });
  latest.current = { path, sha, dirty };
  /** The file that the editor holds. */
  const shown = useRef("");
  const drafts = useRef(draftsOf(slug));
  /** The last place that was gone to. */
  const gone = useRef(0);
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);

  const changed = useCallback((text: string) => {
    setDirty(true);
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => {
      const { path: checked } = latest.current;
      void server.check(slug, checked, text).then((found) => latest.current.path === checked && setLive(found)).catch(() => undefined);
    }, CHECK_AFTER_MS);
  }, [slug]);

  const load = useCallback(async (wanted: string) => {
    const file = await attempt(() => server.read(slug, wanted));
    if (!file || latest.current.path !== wanted) return;
    const draft = shown.current === wanted ? undefined : drafts.current.get(wanted);
    drafts.current.delete(wanted);
    if (shown.current === wanted) made.current?.renew(file.text);
    else made.current?.open(draft?.text ?? file.text);
    shown.current = wanted;
    const { spot: sought } = useStudio.getState();
    if (sought?.file === wanted && sought.nonce !== gone.current) made.current?.go(sought.line, sought.column);
    gone.current = sought?.nonce ?? 0;
    setSha(draft?.sha ?? file.sha);
    setDirty(draft !== undefined);
    setConflict(false);
    setLive(undefined);
    if (draft) changed(draft.text);
  }, [slug]);

  const save = useCallback(async (over = false) => {
    const text = made.current?.text() ?? "";
    const { path: wanted, sha: known } = latest.current;
    try {
      const seen = over ? (await server.read(slug, wanted)).sha : known;
      const written = await server.write(slug, wanted, text, seen);
      setSha(written.sha);
      setDirty(false);
      setConflict(false);
    } catch (error) {
      if (error instanceof Refused && error.status === 409) setConflict(true);
      else note(whyNot(error), "error");
    }
  }, [slug]);

  /** Keeps what is not saved, before the editor holds something else. */
  const keep = () => {
    if (latest.current.dirty && shown.current) drafts.current.set(shown.current, { text: made.current?.text() ?? "", sha: latest.current.sha });
  };
  useEffect(() => {
    if (!host.current) return;
    made.current = editor(host.current, changed, () => void save());
    shown.current = "";
    return () => {
      keep();
      made.current?.close();
    };
  }, [changed, save]);
  useEffect(() => made.current?.describe(t("file.leave", { file: path }), t), [t, path]);
  useEffect(() => {
    if (shown.current !== path) keep();
    if (path) void load(path);
  }, [path, load]);
  useEffect(() => {
    // Changed by another editor: read again, unless something is being written here.
    if (flowRead > 0 && !latest.current.dirty && path) void load(path).then(() => setLive(undefined));
  }, [flowRead]);
  useEffect(() => {
    if (!spot) return;
    if (spot.file !== path) setPath(spot.file);
    else if (shown.current === path) {
      made.current?.go(spot.line, spot.column);
      gone.current = spot.nonce;
    }
  }, [spot]);

  useEffect(() => {
    // What is not saved is not lost without a word.
    const ask = (event: BeforeUnloadEvent) => {
      if (latest.current.dirty || [...unsaved.values()].some((drafts) => drafts.size > 0)) event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, []);

  const findings = live ?? saved;
  const here = findings.filter((one) => one.file === path);
  useEffect(() => made.current?.mark(here), [findings, path, sha]);
  const errors = findings.filter((one) => one.severity === "error").length;
  const warnings = findings.filter((one) => one.severity === "warning").length;

  return (
    <div className="file">
      <div className="file-bar">
        <label className="pick">
          <span className="hidden-words">{t("file.which")}</span>
          <select value={path} onChange={(event) => setPath(event.target.value)}>
            {[...new Set([path, ...files])].filter(Boolean).map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <span className="quiet" role="status">
          {conflict ? "" : dirty ? t("file.unsaved") : t("file.saved")}
        </span>
        <span className="top-space" />
        {errors > 0 && <span className="badge is-error">{t("file.errors", { count: errors })}</span>}
        {warnings > 0 && <span className="badge is-warning">{t("file.warnings", { count: warnings })}</span>}
        <button type="button" className="button is-small is-strong" disabled={!dirty} onClick={() => void save()}>
          {t("file.save")}
        </button>
      </div>
      {conflict && (
        <div className="file-conflict" role="alert">
          <span>{t("file.conflict")}</span>
          <button type="button" className="button is-small" onClick={() => void load(path)}>
            {t("file.reload")}
          </button>
          <button type="button" className="button is-small" onClick={() => void save(true)}>
            {t("file.overwrite")}
          </button>
        </div>
      )}
      <div className="file-text" ref={host} dir="ltr" />
      <Findings findings={findings} />
    </div>
  );
}

function Findings({ findings }: { findings: Finding[] }) {
  const t = useWords();
  const notOpen = useStudio(isNotOpen);
  const hasErrors = findings.some((one) => one.severity === "error");
  const toMend = findings.filter((one) => one.severity !== "info");
  const notes = findings.filter((one) => one.severity === "info");
  return (
    <section className="findings" aria-label={t("file.findings")} aria-live="polite">
      {toMend.length === 0 && <p className="none is-good">{t("file.none")}</p>}
      {hasErrors && <p className="none">{t(notOpen ? "bench.notOpenWhy" : "file.keepsOld")}</p>}
      <Found findings={toMend} />
      {notes.length > 0 && (
        <details className="file-notes">
          <summary>{t("file.notes", { count: notes.length })}</summary>
          <Found findings={notes} />
        </details>
      )}
    </section>
  );
}

function Found({ findings }: { findings: Finding[] }) {
  const t = useWords();
  return (
    <ul>
      {findings.map((finding, index) => (
        <li key={`${finding.code}/${finding.file}/${finding.line}/${index}`} className={`finding is-${finding.severity}`}>
          <div className="finding-words">
            <span className="finding-code">{finding.code}</span> <Quoted>{finding.message}</Quoted>
            {finding.help && (
              <span className="quiet">
                {" "}
                <Quoted>{finding.help}</Quoted>
              </span>
            )}
          </div>
          <div className="finding-ways">
            <button type="button" className="link" onClick={() => goTo(finding.file, finding.line, finding.column)}>
              <bdi>{finding.file}</bdi> · {t("file.go", { line: finding.line })}
            </button>
            {finding.chat && finding.chat.length > 0 && (
              <button type="button" className="button is-small" onClick={() => play(finding)}>
                <Icon name="play" size={13} filled /> {t("file.play")}
              </button>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** A sentence whose `names` are set as the file has them. */
function Quoted({ children }: { children: string }) {
  return <bdi>{children.split("`").map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</bdi>;
}

/** The flow of the shop itself, not its words in another language. */
function mainFile(files: string[], slug: string): string {
  return files.find((one) => one === `${slug}.duka`) ?? files.find((one) => /^[^.]+\.duka(\.yaml)?$/.test(one)) ?? files[0] ?? "";
}
