// `npm run soak`: 100,000 connections, 10,000 processes, 100,000 jobs and 1,000 seeds of simulated chaos, some minutes in all.
// Each program prints what it has left over; see there what it does.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const programs = [
  ["connections.ts", "100000"],
  ["processes.ts", "10000"],
  ["executor.ts", "100000"],
  ["../node/chaos/main.ts", "--seeds", "1000", "--minutes", "10"],
];

for (const [file, ...args] of programs) {
  const path = fileURLToPath(new URL(file as string, import.meta.url));
  console.log(`${file} ${args.join(" ")}`);
  const options = ["--expose-gc", "--import", "tsx", path, ...args];
  const { status } = spawnSync(process.execPath, options, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
