// How large the page is as it travels: every file compressed on its own. Fails over 600 KiB.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const MOST = 600 * 1024;
const dist = join(import.meta.dirname, "dist");
const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
const sum = files.reduce((all, one) => all + gzipSync(readFileSync(join(one.parentPath, one.name)), { level: 9 }).length, 0);
console.log(`studio/dist: ${files.length} files, ${(sum / 1024).toFixed(0)} KiB compressed`);
if (sum > MOST) {
  console.error(`That is more than ${MOST / 1024} KiB.`);
  process.exit(1);
}
