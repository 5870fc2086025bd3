// A voice note: what the microphone hears, where it may be heard; else a short tone. Recorded only as WhatsApp takes it.

/** What browsers record of it, the best first. */
const TYPES = ["audio/ogg;codecs=opus", "audio/mp4"];
const TONE_MS = 1_000;

export type Recording = {
  /** What was heard until now. */
  stop: () => Promise<Blob>;
  cancel: () => void;
};

function type(): string | undefined {
  return typeof MediaRecorder === "undefined" ? undefined : TYPES.find((one) => MediaRecorder.isTypeSupported(one));
}

/** Begins to listen. `undefined`: there is no microphone, it may not be heard, or this browser records nothing of use. */
export async function listen(): Promise<Recording | undefined> {
  const mimeType = type();
  if (mimeType === undefined) return undefined;
  const stream = await navigator.mediaDevices?.getUserMedia({ audio: true }).catch(() => undefined);
  return stream && recording(stream, mimeType);
}

function recording(stream: MediaStream, mimeType: string): Recording {
  const recorder = new MediaRecorder(stream, { mimeType });
  const parts: Blob[] = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const end = () => stream.getTracks().forEach((track) => track.stop());
  recorder.start();
  return {
    stop: () =>
      new Promise((done) => {
        recorder.onstop = () => {
          end();
          done(new Blob(parts, { type: mimeType }));
        };
        recorder.stop();
      }),
    cancel: () => {
      if (recorder.state !== "inactive") recorder.stop();
      end();
    },
  };
}

/** Two notes, softly. `undefined`: this browser makes none. */
export async function tone(): Promise<Blob | undefined> {
  const mimeType = type();
  if (mimeType === undefined || typeof AudioContext === "undefined") return undefined;
  const audio = new AudioContext();
  await audio.resume();
  const heard = audio.createMediaStreamDestination();
  const volume = new GainNode(audio, { gain: 0.2 });
  const notes = new OscillatorNode(audio, { frequency: 523 });
  notes.frequency.setValueAtTime(659, audio.currentTime + TONE_MS / 2000);
  notes.connect(volume).connect(heard);
  notes.start();
  const note = recording(heard.stream, mimeType);
  await new Promise((done) => setTimeout(done, TONE_MS));
  const made = await note.stop();
  await audio.close();
  return made;
}
