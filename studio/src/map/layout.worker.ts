// Lays maps out beside the page, one after the other.
import { spots } from "./layout";

self.onmessage = (event: MessageEvent<{ job: number; flows: Parameters<typeof spots>[0] }>) => {
  self.postMessage({ job: event.data.job, spots: spots(event.data.flows) });
};
