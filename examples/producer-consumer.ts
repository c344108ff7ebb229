// A producer and a consumer that hand values to each other
// with `send`, without a loop, a queue or a promise: each
// runs until it needs the other. At 3 the consumer stops.
import {
  type Coroutine,
  type GeneratorObject,
  primed,
  StopIteration,
} from "heddle";

// `yield reply` answers the producer and waits for its next
// value. `primed` has gone to the first `yield` already, so
// that the first `send` can bring a value.
const consumer = primed(function* () {
  let reply = "ready";
  while (true) {
    const value: number = yield reply;
    console.log(`consumer: got ${value}`);
    if (value === 3) return "three is enough";
    reply = `thanks for ${value}`;
  }
});

type Consumer = GeneratorObject<string, string, number>;

function produce(to: Consumer): void {
  for (let value = 1; ; value++) {
    console.log(`producer: sends ${value}`);
    const reply = to.send(value);
    console.log(`producer: ${reply}`);
  }
}

export default function* main(): Coroutine<void> {
  try {
    produce(consumer());
  } catch (error) {
    // What the consumer returned answers no `yield`: it comes
    // to the sender as an error, as in Python.
    if (!(error instanceof StopIteration)) throw error;
    console.log(`it ended: ${error.value}`);
  }
}
