// Fibonacci numbers without end, from a generator object: Python's generators on JavaScript's.
import { type Coroutine, generator } from "heddle";

const fibonacci = generator(function* () {
  try {
    for (let [a, b] = [0, 1]; ; [a, b] = [b, a + b]) yield a;
  } finally {
    console.log("closed");
  }
});

export default function* main(): Coroutine<void> {
  // One number at a time: nothing is computed before somebody asks.
  const numbers = fibonacci();
  console.log(numbers.send(undefined), numbers.send(undefined), numbers.send(undefined));
  // Python's close: `finally` runs. Afterwards there is nothing to ask for.
  numbers.close();

  const small: number[] = [];
  // for…of closes the generator when it leaves early.
  for (const number of fibonacci()) {
    if (number > 100) break;
    small.push(number);
  }
  console.log(small.join(" "));
}
