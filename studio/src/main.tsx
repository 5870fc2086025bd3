// The page of `duka dev`.
import { createRoot } from "react-dom/client";

import { App } from "./app";
import { dress, start } from "./store";
import "./style/page.css";
import "./style/bench.css";
import "./style/phone.css";
import "./style/bubble.css";
import "./style/sheet.css";

dress();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);
const place = document.getElementById("page");
if (place) createRoot(place).render(<App />);
void start();

// What the first tap may open is fetched while nobody waits for it.
addEventListener("load", () => setTimeout(() => void import("./phone/sheets"), 1500));
