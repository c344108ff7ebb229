import { describe, expect, it } from "vitest";
import { startExample } from "./start-program.ts";

const outputs: Record<string, string> = {
  fibonacci: `
the first three: [ 0, 1, 1 ]
closed
closed
up to 60: 0 1 1 2 3 5 8 13 21 34 55
`,
  "producer-consumer": `
producer: sends 1
consumer: got 1
producer: thanks for 1
producer: sends 2
consumer: got 2
producer: thanks for 2
producer: sends 3
consumer: got 3
it ended: three is enough
`,
  "print-sum": `
compute 1 + 2 ...
compute 3 + 4 ...
1 + 2 = 3
3 + 4 = 7
`,
  pipeline: `
/page/1 1900
/page/2 2000
/page/3 2100
/page/0 2200
40 lines, at most 9 at once
`,
  retry: `
attempt 1: the deadline of timeout(200 ms) has passed
attempt 2: service unavailable
answer: 42
attempt 1: connection refused
attempt 2: connection refused
attempt 3: connection refused
attempt 4: connection refused
given up: the deadline of timeout(1100 ms) has passed
`,
  crawler: `
/          200
/broken    500
/heddle    200
/nowhere   404
/shuttle   200
/silent    no answer
/warp      200
/weft      200
8 pages; limit kept: true
`,
};

describe("examples", () => {
  it.each(Object.entries(outputs))("%s", async (name, output) => {
    const { status, stdout, stderr } = await startExample(name).ended;
    expect(stderr).toBe("");
    expect(stdout).toBe(output.trimStart());
    expect(status).toBe(0);
  });

  it("chat-server: all hear all, but one that is cut off", async () => {
    const { status, stdout, stderr } = await startExample("chat-server").ended;
    expect(stderr).toBe("");
    const milliseconds = stdout.replace(/\d+ ms/g, "N ms").replace(/port \d+/, "port N");
    expect(milliseconds.split("\n")).toEqual([
      "listening on port N",
      "no name in 1 s: cut off",
      "1 silent: N ms",
      "  0 lines heard",
      "1 slow: N ms",
      "  98 lines heard",
      "98 usual: N ms",
      `  ${98 * 98} lines heard`,
      "",
    ]);
    expect(status).toBe(0);
  });
});
