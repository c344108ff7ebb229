import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { startExample } from "./start-program.ts";

it("graceful-shutdown lets what has begun end, but not for ever", async () => {
  const program = startExample("graceful-shutdown");
  const port = Number(/^port (\d+)/.exec(await program.printed("Ctrl-C"))?.[1]);
  const ask = (line: string) => text(connect(port, "127.0.0.1").end(line)).catch(String);

  expect(await ask("1\n")).toBe("done\n");
  expect(await ask("soon\n")).toBe("not a number\n");
  const quick = ask("600\n");
  const endless = ask("60000\n");
  await pause(200); // so that both are being worked on
  program.interrupt();

  expect(await quick).toBe("done\n");
  expect(await endless).toBe("");
  const { status, stdout, stderr } = await program.ended;
  expect(stderr).toBe("");
  expect(stdout.split("\n").slice(1)).toEqual(["stopping, 2 in progress", "1 cut off", ""]);
  expect(status).toBe(0);
});
