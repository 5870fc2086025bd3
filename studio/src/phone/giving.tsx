// What a customer gives besides words: a place and a photo.
import { useState } from "react";

import { note } from "../store";
import { Icon, useWords } from "../ui";
import { usePhone } from "./context";
import { samplePhoto } from "./sample";
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

/** A photo of WhatsApp's has 5 MB at most. */
const LARGEST = 5 * 1024 * 1024;
const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

export function PhotoSheet({ close }: { close: () => void }) {
  const { t, say } = usePhone();
  const page = useWords();
  const [caption, setCaption] = useState("");
  const send = async (data?: string) => {
    if (await say({ image: { caption: caption.trim() || undefined, data } })) close();
  };
  const pick = (file: File | undefined) => {
    if (!file) return;
    if (file.size > LARGEST) {
      note(page("phone.photoLarge", { size: megabytes(file.size), most: megabytes(LARGEST) }), "error");
      return;
    }
    const reader = new FileReader();
    reader.onload = () => void send(`${reader.result}`.split(",")[1]);
    reader.readAsDataURL(file);
  };
  return (
    <Frame title={t("phone.photoIntro")} close={close}>
      <div className="sheet-body form">
        <label className="form-field">
          <span>
            {t("phone.caption")} ({t("phone.optional")})
          </span>
          <input value={caption} maxLength={1024} dir="auto" onChange={(event) => setCaption(event.target.value)} />
        </label>
      </div>
      <div className="sheet-foot is-stacked">
        <button type="button" className="wide-button" onClick={() => void send(samplePhoto())}>
          {t("phone.photoSample")}
        </button>
        <label className="wide-button is-quiet">
          {t("phone.photoFile")}
          <input className="hidden-words" type="file" accept="image/jpeg,image/png" onChange={(event) => pick(event.target.files?.[0])} />
        </label>
      </div>
    </Frame>
  );
}
