// A producer and a consumer that hand values to each other with `send`, without a loop, a queue or a
// promise: each runs until it needs the other. At 3 the consumer has had enough and returns.
import { type Coroutine, type GeneratorObject, primed, StopIteration } from "heddle";

// `yield reply` gives the reply to the producer and waits for its next value. `primed` has run the
// body up to its first `yield` already, so the first `send` may bring a value.
const consumer = primed(function* () {
  let reply = "ready";
  while (true) {
    const value: number = yield reply;
    console.log(`consumer: got ${value}`);
    if (value === 3) return "three is enough";
    reply = `${value}, thank you`;
  }
});

function produce(to: GeneratorObject<string, string, number>): void {
  for (let value = 1; ; value++) {
    console.log(`producer: sends ${value}`);
    console.log(`producer: hears "${to.send(value)}"`);
  }
}

export default function* main(): Coroutine<void> {
  try {
    produce(consumer());
  } catch (error) {
    // What the consumer returned has no `yield` to go to: it comes as an error, as in Python.
    if (!(error instanceof StopIteration)) throw error;
    console.log(`the consumer has ended: ${error.value}`);
  }
}
