// Chaos by the hour: `node_modules/.bin/tsx packages/heddle/tests/node/chaos/main.ts --seeds 1000 --minutes 60`.
// A seed that fails is printed with the command that runs it alone: `--first SEED --seeds 1`.
import { parseArgs } from "node:util";
import { chaos } from "./program.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    first: { type: "string", default: "1" },
    minutes: { type: "string", default: "10" },
  },
});
const seeds = Number(values.seeds);
const first = Number(values.first);
const minutes = Number(values.minutes);
const total = { acknowledged: 0, connections: 0, packets: 0, failed: 0 };
const broken: Record<string, number> = {};
const faults: Record<string, number> = {};
const add = (sums: Record<string, number>, more: Record<string, number>) => {
  for (const [name, count] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + count;
};

const began = performance.now();
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const report = await chaos(seed, minutes);
    total.acknowledged += report.acknowledged;
    total.connections += report.connections;
    total.packets += report.packets;
    add(broken, report.broken);
    add(faults, report.faults);
  } catch (error) {
    total.failed++;
    console.log(`seed ${seed} failed:`, error);
    console.log(`again: --first ${seed} --seeds 1 --minutes ${minutes}`);
  }
}
const seconds = (performance.now() - began) / 1000;
console.log(
  `${seeds} seeds of ${minutes} simulated minutes in ${seconds.toFixed(1)} s ` +
    `(${(seeds / seconds).toFixed(2)} seeds/s), ${total.failed} failed`,
);
console.log(total);
console.log({ broken, faults });
if (total.failed > 0) process.exitCode = 1;
