// The same while an async function never stops awaiting: microtasks let no timer in before they end.
import { measureLateness } from "../measure/lateness.js";

await measureLateness(async (over) => {
  while (!over()) await null;
});
