// The file, checked while it is written; what is found can be played on the phone. Saving is the server's: a file that
// changed on disk meanwhile is never overwritten without being asked.
import { useCallback, useEffect, useRef, useState } from "react";
import { useShallow } from "zustand/react/shallow";

import { Refused, server } from "../api/client";
import type { Finding } from "../api/types";
import { attempt, goTo, isNotOpen, note, play, useStudio, whyNot } from "../store";
import { Icon, useWords } from "../ui";
import { draftOf, draftsOf, keepDraft, useDrafts } from "./drafts";
import { editor, type Editor } from "./editor";
import "./file.css";

const CHECK_AFTER_MS = 250;

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
  const drafted = useDrafts(useShallow((drafts) => draftsOf(drafts, slug)));
  const dirty = drafted.includes(path);
  const isGone = dirty && files.length > 0 && !files.includes(path);
  const [conflict, setConflict] = useState(false);
  const [isUnread, setUnread] = useState(false);
  const [live, setLive] = useState<Finding[]>();
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<Editor>(undefined);
  const latest = useRef(path);
  latest.current = path;
  /** The file that the editor holds, as it was read. */
  const shown = useRef({ path: "", sha: "" });
  const [isShown, setShown] = useState(shown.current);
  /** The last place that was gone to. */
  const gone = useRef(0);
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  const saving = useRef(Promise.resolve());

  const hold = useCallback((wanted: string, sha: string) => setShown((shown.current = { path: wanted, sha })), []);

  const changed = useCallback((text: string) => {
    const { path: written, sha } = shown.current;
    keepDraft(slug, written, { text, sha });
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => {
      void server.check(slug, written, text).then((found) => latest.current === written && setLive(found)).catch(() => undefined);
    }, CHECK_AFTER_MS);
  }, [slug]);

  /** `asked`: to throw away what was written. */
  const load = useCallback(async (wanted: string, asked = false) => {
    const file = await attempt(() => server.read(slug, wanted));
    if (latest.current !== wanted) return;
    setUnread(file === undefined);
    const isAgain = shown.current.path === wanted;
    const kept = asked && isAgain ? undefined : draftOf(useDrafts.getState(), slug, wanted);
    // Written while the file was read.
    if (isAgain && kept) return;
    const draft = kept && kept.text !== file?.text ? kept : undefined;
    const held = draft ?? file;
    if (!held) return;
    hold(wanted, held.sha);
    if (isAgain) made.current?.renew(held.text);
    else made.current?.open(held.text);
    const { spot: sought } = useStudio.getState();
    if (sought?.file === wanted && sought.nonce !== gone.current) made.current?.go(sought.line, sought.column);
    gone.current = sought?.nonce ?? 0;
    setConflict(draft !== undefined && file !== undefined && draft.sha !== file.sha);
    setLive(undefined);
    if (draft) changed(draft.text);
    else keepDraft(slug, wanted);
  }, [slug]);

  const write = useCallback(async (wanted: string, text: string, over: boolean) => {
    const known = shown.current.path === wanted ? shown.current : draftOf(useDrafts.getState(), slug, wanted);
    if (!known) return;
    try {
      const seen = over ? (await server.read(slug, wanted)).sha : known.sha;
      const written = await server.write(slug, wanted, text, seen);
      if (shown.current.path === wanted) hold(wanted, written.sha);
      const later = draftOf(useDrafts.getState(), slug, wanted);
      keepDraft(slug, wanted, later && later.text !== text ? { ...later, sha: written.sha } : undefined);
      if (shown.current.path === wanted) setConflict(false);
    } catch (error) {
      if (!(error instanceof Refused && error.status === 409)) note(whyNot(error), "error");
      else if (shown.current.path === wanted) setConflict(true);
    }
  }, [slug]);

  /** After the one before, of which it knows only then what lies on disk. */
  const save = useCallback((over = false) => {
    const { path: wanted } = shown.current;
    const text = made.current?.text() ?? "";
    if (wanted) saving.current = saving.current.then(() => write(wanted, text, over));
  }, [write]);

  useEffect(() => {
    if (!host.current) return;
    made.current = editor(host.current, changed, () => save());
    shown.current = { path: "", sha: "" };
    return () => made.current?.close();
  }, [changed, save]);
  useEffect(() => made.current?.describe(t("file.leave", { file: path }), t), [t, path]);
  useEffect(() => {
    if (path) void load(path);
  }, [path, load]);
  useEffect(() => {
    // Changed by another editor: read again, unless something is being written here.
    if (flowRead > 0 && !draftOf(useDrafts.getState(), slug, path) && path) void load(path);
  }, [flowRead]);
  useEffect(() => {
    if (!spot) return;
    if (spot.file !== path) setPath(spot.file);
    else if (shown.current.path === path) {
      made.current?.go(spot.line, spot.column);
      gone.current = spot.nonce;
    }
  }, [spot]);

  const findings = live ?? saved;
  const here = findings.filter((one) => one.file === path);
  useEffect(() => made.current?.mark(here), [findings, path, isShown]);
  const errors = findings.filter((one) => one.severity === "error").length;
  const warnings = findings.filter((one) => one.severity === "warning").length;

  return (
    <div className="file">
      <div className="file-bar">
        <label className="pick">
          <span className="hidden-words">{t("file.which")}</span>
          <select value={path} onChange={(event) => setPath(event.target.value)}>
            {[...new Set([path, ...files, ...drafted])].filter(Boolean).map((one) => (
              <FileName key={one} shop={slug} path={one} isShown={one === path} />
            ))}
          </select>
        </label>
        <span className="quiet" role="status">
          {conflict ? "" : dirty ? t("file.unsaved") : isUnread ? t("file.unread") : t("file.saved")}
        </span>
        <span className="top-space" />
        {errors > 0 && <span className="badge is-error">{t("file.errors", { count: errors })}</span>}
        {warnings > 0 && <span className="badge is-warning">{t("file.warnings", { count: warnings })}</span>}
        <button type="button" className="button is-small is-strong" disabled={!dirty} onClick={() => save()}>
          {t("file.save")}
        </button>
      </div>
      {conflict && (
        <div className="file-conflict" role="alert">
          <span>{t("file.conflict")}</span>
          <button type="button" className="button is-small" onClick={() => void load(path, true)}>
            {t("file.reload")}
          </button>
          <button type="button" className="button is-small" onClick={() => save(true)}>
            {t("file.overwrite")}
          </button>
        </div>
      )}
      {isGone && (
        <div className="file-conflict" role="alert">
          <span>{t("file.gone")}</span>
          <button type="button" className="button is-small" onClick={() => (keepDraft(slug, path), setPath(mainFile(files, slug)))}>
            {t("file.drop")}
          </button>
        </div>
      )}
      <div className="file-text" ref={host} dir="ltr" />
      <Findings findings={findings} isSaved={live === undefined || !dirty} />
    </div>
  );
}

function FileName({ shop, path, isShown }: { shop: string; path: string; isShown: boolean }) {
  const t = useWords();
  const waits = useDrafts((drafts) => draftOf(drafts, shop, path) !== undefined);
  return <option value={path}>{waits && !isShown ? `${path} · ${t("file.unsaved")}` : path}</option>;
}

function Findings({ findings, isSaved }: { findings: Finding[]; isSaved: boolean }) {
  const t = useWords();
  const notOpen = useStudio(isNotOpen);
  const isBehind = useStudio((now) => now.shop?.behind === true);
  // Not all errors keep a flow from running: a button that is too long is cut.
  const keepsOld = isBehind || !isSaved;
  const hasErrors = findings.some((one) => one.severity === "error");
  const toMend = findings.filter((one) => one.severity !== "info");
  const notes = findings.filter((one) => one.severity === "info");
  return (
    <section className="findings" aria-label={t("file.findings")} aria-live="polite">
      {toMend.length === 0 && <p className="none is-good">{t("file.none")}</p>}
      {hasErrors && <p className="none">{t(notOpen ? "bench.notOpenWhy" : keepsOld ? "file.keepsOld" : "file.runsSo")}</p>}
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
