/*
 * OpenTelemetry's own context manager keeps the active span in an AsyncLocalStorage: one trace must go
 * through tasks and groups.
 */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { type Coroutine, gather, run, scoped, sleep, taskGroup } from "heddle";
import { afterAll, beforeAll, expect, test } from "vitest";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("heddle");

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

afterAll(() => context.disable());

/** A span around a coroutine. */
function span<T>(name: string, body: () => Coroutine<T>) {
  const started = tracer.startSpan(name);
  return scoped(
    (enter) => context.with(trace.setSpan(context.active(), started), enter),
    function* () {
      try {
        return yield* body();
      } finally {
        started.end();
      }
    },
  );
}

test("spans of tasks and groups are children of the span that was active when they were made", async () => {
  const query = (name: string, ms: number) =>
    span(name, function* () {
      yield* sleep(ms);
      yield* sleep(0);
    });
  const handle = (id: number) =>
    run(() =>
      span(`request ${id}`, function* () {
        yield* taskGroup(function* (group) {
          group.createTask(query(`user ${id}`, 3));
          group.createTask(query(`orders ${id}`, 1));
          yield* sleep(1);
        });
        yield* gather([query(`a ${id}`, 1), query(`b ${id}`, 2)]);
        yield* query(`last ${id}`, 1);
      }),
    );
  await Promise.all([handle(1), handle(2)]);

  const spans = exporter.getFinishedSpans();
  const named = (name: string) => spans.find((each) => each.name === name) as ReadableSpan;
  expect(spans).toHaveLength(12);
  for (const id of [1, 2]) {
    const request = named(`request ${id}`);
    for (const child of ["user", "orders", "a", "b", "last"]) {
      const { parentSpanContext } = named(`${child} ${id}`);
      expect(parentSpanContext?.spanId).toBe(request.spanContext().spanId);
      expect(parentSpanContext?.traceId).toBe(request.spanContext().traceId);
    }
  }
  expect(named("request 1").spanContext().traceId).not.toBe(
    named("request 2").spanContext().traceId,
  );
});
