// In place of the message box while a voice note is spoken.
import { useEffect, useState } from "react";

import { Icon, IconButton } from "../ui";
import { usePhone } from "./context";
import type { Recording } from "./voice";

export function Recorder({ recording, done }: { recording: Recording; done: () => void }) {
  const { t, give } = usePhone();
  const [since] = useState(() => Date.now());
  const [seconds, tell] = useState(0);
  const [isSent, send] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => tell(Math.floor((Date.now() - since) / 1000)), 250);
    return () => clearInterval(timer);
  }, [since]);
  const cancel = () => {
    recording.cancel();
    done();
  };
  const stop = async () => {
    send(true);
    await give("audio", await recording.stop());
    done();
  };
  return (
    <div className="composer-line recorder" onKeyDown={(event) => event.key === "Escape" && cancel()}>
      <div className="composer-box">
        <IconButton icon="close" size={22} label={t("phone.voiceCancel")} disabled={isSent} onClick={cancel} />
        <span className="recorder-words">
          <span className="recorder-lamp" aria-hidden="true" />
          <span role="status">{t("phone.voiceRecording")}</span>
          <time className="recorder-time">{`${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`}</time>
        </span>
      </div>
      <button type="button" className="round-send" autoFocus disabled={isSent} aria-label={t("phone.voiceSend")} title={t("phone.voiceSend")} onClick={() => void stop()}>
        <Icon name="send" size={20} filled />
      </button>
    </div>
  );
}
