// The same while 100 async functions never stop awaiting: microtasks let nothing in before they end.
import { measureLateness } from "../measure/lateness.js";

async function gives(over) {
  while (!over()) await null;
}

await measureLateness((over) => Promise.all(Array.from({ length: 100 }, () => gives(over))));
