// Fibonacci numbers without end, from a generator object:
// Python's generators on top of JavaScript's.
import { type Coroutine, generator } from "heddle";

const fibonacci = generator(function* () {
  let [a, b] = [0, 1];
  try {
    while (true) {
      yield a;
      [a, b] = [b, a + b];
    }
  } finally {
    console.log("closed");
  }
});

export default function* main(): Coroutine<void> {
  // Nothing is computed before somebody asks for it.
  const numbers = fibonacci();
  const three = [0, 0, 0].map(() => numbers.send(undefined));
  console.log("the first three:", three);
  numbers.close(); // Python's close: `finally` runs

  // for…of closes the generator too when it leaves early.
  const small: number[] = [];
  for (const number of fibonacci()) {
    if (number > 60) break;
    small.push(number);
  }
  console.log("up to 60:", ...small);
}
