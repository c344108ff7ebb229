// Sets a timer of 1 ms over and over while `busy` runs, and prints by how much the latest came late.
import { parameter, print } from "./measure.js";

export async function measureLateness(busy) {
  const end = performance.now() + parameter("SECONDS", 1) * 1000;
  const over = () => performance.now() >= end;
  let latest = 0;
  let waits = 0;
  const watch = () => {
    const due = performance.now() + 1;
    setTimeout(() => {
      latest = Math.max(latest, performance.now() - due);
      waits++;
      if (!over()) watch();
    }, 1);
  };
  watch();
  await busy(over);
  await new Promise((resolve) => setTimeout(resolve, 10));
  print(waits, latest, { late: latest });
}
