// What a customer gives besides words: a place, a photo, a video, a document.
import { useState } from "react";

import { note, useStudio } from "../store";
import { Icon, useWords } from "../ui";
import { usePhone } from "./context";
import { sampleDocument, samplePhoto } from "./sample";
import { Frame } from "./sheets";

/** Places to send with one tap; none is anybody's. */
const PLACES = [
  { name: "Kilimani, Nairobi", latitude: -1.2906, longitude: 36.7826 },
  { name: "Andheri West, Mumbai", latitude: 19.1364, longitude: 72.8296 },
  { name: "Al Olaya, Riyadh", latitude: 24.6953, longitude: 46.6858 },
  { name: "Plateau, Dakar", latitude: 14.6708, longitude: -17.4381 },
];

export function PlaceSheet({ close }: { close: () => void }) {
  const { t, say } = usePhone();
  const [place, setPlace] = useState({ latitude: "-1.2906", longitude: "36.7826", name: "", address: "" });
  const latitude = Number(place.latitude);
  const longitude = Number(place.longitude);
  const isPlace = place.latitude !== "" && place.longitude !== "" && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const send = async () => {
    const location = { latitude, longitude, name: place.name.trim() || undefined, address: place.address.trim() || undefined };
    if (await say({ location })) close();
  };
  const field = (name: keyof typeof place, label: string, mode: "decimal" | "text") => (
    <label className="form-field">
      <span>{label}</span>
      <input value={place[name]} inputMode={mode} dir={mode === "decimal" ? "ltr" : "auto"} onChange={(event) => setPlace({ ...place, [name]: event.target.value })} />
    </label>
  );
  return (
    <Frame title={t("phone.placeIntro")} close={close}>
      <form
        className="sheet-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isPlace) void send();
        }}
      >
        <div className="sheet-body form">
          <div className="chips">
            {PLACES.map((one) => (
              <button key={one.name} type="button" className="chip" onClick={() => setPlace({ ...place, latitude: `${one.latitude}`, longitude: `${one.longitude}`, name: one.name })}>
                <Icon name="pin" size={15} /> <bdi>{one.name}</bdi>
              </button>
            ))}
          </div>
          <div className="form-pair">
            {field("latitude", t("phone.latitude"), "decimal")}
            {field("longitude", t("phone.longitude"), "decimal")}
          </div>
          {field("name", `${t("phone.placeName")} (${t("phone.optional")})`, "text")}
          {field("address", `${t("phone.placeAddress")} (${t("phone.optional")})`, "text")}
        </div>
        <div className="sheet-foot">
          <button type="submit" className="wide-button" disabled={!isPlace}>
            {t("phone.placeHere")}
          </button>
        </div>
      </form>
    </Frame>
  );
}

const TITLES = { image: "phone.photoIntro", video: "phone.videoIntro", document: "phone.documentIntro" } as const;
const SAMPLES = { image: "phone.photoSample", document: "phone.documentSample" } as const;

const megabytes = (bytes: number) => (Math.ceil((bytes * 10) / 1024 / 1024) / 10).toString();

/** A photo, a video or a document: one of this computer's, or a sample where the page can draw one. */
export function FileSheet({ of, close }: { of: keyof typeof TITLES; close: () => void }) {
  const { t, give } = usePhone();
  const page = useWords();
  const limit = useStudio((now) => now.home?.files.find((one) => one.kind === of));
  const [caption, setCaption] = useState("");
  const send = async (file?: Blob, name?: string) => {
    const words = caption.trim();
    if (await give(of, file, { ...(name && { name }), ...(words && { caption: words }) })) close();
  };
  const pick = (file: File | undefined) => {
    if (!file) return;
    if (limit && file.size > limit.most_bytes) note(page("error.file_size", { size: megabytes(file.size), most: megabytes(limit.most_bytes) }), "error");
    else void send(file, file.name);
  };
  const sample = async () => (of === "image" ? send(await samplePhoto()) : send(sampleDocument(), "sample.txt"));
  return (
    <Frame title={t(TITLES[of])} close={close}>
      <div className="sheet-body form">
        <label className="form-field">
          <span>
            {t("phone.caption")} ({t("phone.optional")})
          </span>
          <input value={caption} maxLength={1024} dir="auto" onChange={(event) => setCaption(event.target.value)} />
        </label>
        {limit && <p className="form-note">{t("phone.fileMost", { endings: limit.endings.join(", "), most: megabytes(limit.most_bytes) })}</p>}
      </div>
      <div className="sheet-foot is-stacked">
        {of !== "video" && (
          <button type="button" className="wide-button" onClick={() => void sample()}>
            {t(SAMPLES[of])}
          </button>
        )}
        <label className={`wide-button ${of === "video" ? "" : "is-quiet"}`}>
          {t("phone.fileChoose")}
          <input
            className="hidden-words"
            type="file"
            accept={limit?.endings.map((ending) => `.${ending}`).join(",")}
            onChange={(event) => {
              pick(event.target.files?.[0]);
              // The same file can be chosen again.
              event.target.value = "";
            }}
          />
        </label>
      </div>
    </Frame>
  );
}
