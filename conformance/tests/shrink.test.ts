import { describe, expect, it } from "vitest";
import { freshProgram } from "../generator/generate.ts";
import type { Program, Statement } from "../program.ts";
import { shrink } from "../shrink.ts";

/** All statements of the program, wherever they stand. */
function statementsOf(node: unknown): Statement[] {
  if (typeof node !== "object" || node === null) return [];
  const inside = Object.values(node).flatMap(statementsOf);
  return "op" in node ? [node as Statement, ...inside] : inside;
}

describe("shrink", () => {
  it("leaves what makes the difference, and nothing else", async () => {
    // A difference that needs a cancel with a message behind a shield, and a lock.
    const differs = async (program: Program) => {
      const ops = statementsOf(program.main);
      const shield = ops.findIndex(({ op }) => op === "shield");
      const cancel = ops.findIndex((one) => one.op === "cancel" && one.msg === "stop");
      return shield >= 0 && cancel > shield && program.objects?.L !== undefined;
    };
    const program: Program = {
      options: { eager_factory: true },
      objects: { E: { type: "event" }, L: { type: "lock" }, Q: { type: "queue", maxsize: 3 } },
      main: [
        { op: "spawn", name: "t1", eager: true, body: [{ op: "sleep", ticks: 3, value: "x" }] },
        {
          op: "try",
          body: [
            { op: "with", var: "L", body: [{ op: "sleep", ticks: 2 }] },
            {
              op: "spawn",
              name: "t2",
              body: [
                {
                  op: "gather",
                  args: [
                    "t1",
                    {
                      name: "k1",
                      body: [
                        { op: "log", msg: "p" },
                        { op: "shield", arg: "t1", bind: "S" },
                      ],
                    },
                  ],
                  return_exceptions: true,
                },
              ],
            },
          ],
          except: [{ on: "ErrA", body: [{ op: "log", msg: "q" }] }],
          finally: [{ op: "cancel", var: "t2", msg: "stop" }],
        },
        { op: "sleep", ticks: 4 },
      ],
    };
    expect(await shrink(program, differs)).toEqual({
      objects: { L: { type: "lock" } },
      main: [
        { op: "shield", arg: "t1" },
        { op: "cancel", var: "t2", msg: "stop" },
      ],
    });
  });

  it("makes numbers small, but keeps fields that are needed", async () => {
    const differs = async ({ main: [first] }: Program) =>
      first?.op === "repeat" && first.n > 2 && first.body[0]?.op === "wait_for";
    const program: Program = {
      main: [
        { op: "repeat", n: 40, body: [{ op: "wait_for", arg: "F", timeout: 9 }, { op: "time" }] },
        { op: "time" },
      ],
    };
    expect(await shrink(program, differs)).toEqual({
      main: [{ op: "repeat", n: 3, body: [{ op: "wait_for", arg: "F", timeout: 0 }] }],
    });
  });

  it("leaves the program that it is given alone", async () => {
    const { program } = freshProgram(3, 9);
    const before = structuredClone(program);
    await shrink(program, async (one) => statementsOf(one.main).length > 2);
    expect(program).toEqual(before);
  });

  it("takes few steps for a large program", async () => {
    const { program } = freshProgram(1, 42);
    const target = statementsOf(program.main)
      .filter(({ op }) => op === "cancel")
      .at(-1);
    expect(target).toBeDefined();
    let steps = 0;
    const small = await shrink(program, async (one) => {
      steps++;
      return statementsOf(one.main).some((two) => two.op === "cancel");
    });
    expect(statementsOf(small.main)).toHaveLength(1);
    expect(steps).toBeLessThan(200);
  });
});
