// Ask a service that fails now and then: try again, each time
// after twice the pause, but for no longer than one deadline.
import {
  type Awaitable,
  type Coroutine,
  rethrowIfCancelled,
  sleep,
  TimeoutError,
  timeout,
} from "heddle";

interface Patience {
  pause: number; // before the second attempt
  each: number; // for one attempt
  deadline: number; // for all of them; all in milliseconds
}

const messageOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);

function* retry<T>(
  ask: (attempt: number) => Awaitable<T>,
  { pause, each, deadline }: Patience,
): Coroutine<T> {
  return yield* timeout(deadline, function* () {
    for (let attempt = 1; ; attempt++) {
      try {
        return yield* timeout(each, () => ask(attempt));
      } catch (error) {
        // The outer deadline arrives as a cancellation. It is
        // not for us: a `catch` has to let it through.
        rethrowIfCancelled(error);
        console.log(
          `attempt ${attempt}: ${messageOf(error)}`,
        );
      }
      yield* sleep(pause * 2 ** (attempt - 1));
    }
  });
}

// Hangs, then fails, then works.
function* flaky(attempt: number): Coroutine<string> {
  if (attempt === 1) yield* sleep(Number.POSITIVE_INFINITY);
  if (attempt === 2) throw new Error("service unavailable");
  yield* sleep(10);
  return "42";
}

function* down(): Coroutine<string> {
  yield* sleep(1);
  throw new Error("connection refused");
}

export default function* main(): Coroutine<void> {
  const patience = {
    pause: 100,
    each: 200,
    deadline: 1100,
  };
  console.log("answer:", yield* retry(flaky, patience));
  try {
    yield* retry(down, patience);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.log("given up:", error.message);
  }
}
