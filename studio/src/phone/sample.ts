// What to send where nothing is at hand: a photo of a dress on a line, drawn here, and a note.

export function sampleDocument(): Blob {
  return new Blob(["Size 12, please.\n"], { type: "text/plain" });
}

/** As JPEG; `undefined` where the browser draws nothing. */
export async function samplePhoto(): Promise<Blob | undefined> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 480];
  const pen = canvas.getContext("2d");
  if (!pen) return undefined;
  const sky = pen.createLinearGradient(0, 0, 0, 480);
  sky.addColorStop(0, "#cfe3ee");
  sky.addColorStop(1, "#f4e7d3");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, 640, 480);
  pen.strokeStyle = "#7d6a55";
  pen.lineWidth = 5;
  pen.beginPath();
  pen.moveTo(0, 70);
  pen.quadraticCurveTo(320, 120, 640, 60);
  pen.stroke();
  const dress = new Path2D("M250 92 L290 104 Q320 124 350 104 L390 92 L402 190 L452 420 Q320 452 188 420 L238 190 Z");
  pen.fillStyle = "#2f6fad";
  pen.fill(dress);
  pen.clip(dress);
  pen.fillStyle = "#f2c14e";
  for (let y = 110; y < 460; y += 42) {
    for (let x = 190 + ((y / 42) % 2) * 21; x < 460; x += 42) {
      pen.beginPath();
      pen.arc(x, y, 9, 0, 7);
      pen.fill();
    }
  }
  return new Promise((done) => canvas.toBlob((photo) => done(photo ?? undefined), "image/jpeg", 0.82));
}
