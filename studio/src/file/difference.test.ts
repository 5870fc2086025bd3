import { expect, test } from "vitest";

import { difference } from "./difference";

test.each([
  ["abc", "abc"],
  ["", "abc"],
  ["abc", ""],
  ["aaa", "aa"],
  ["aa", "aaa"],
  ["one two three", "one 2 three"],
])("%j becomes %j by one change", (before, after) => {
  const change = difference(before, after);
  expect(change ? before.slice(0, change.from) + change.insert + before.slice(change.to) : before).toBe(after);
});
