/*
 * What a loop's exception handler is told, as a list.
 */
import type { EventLoop, ExceptionContext } from "heddle";

/** Collects what `loop` reports from now on. */
export function reportsOf(loop: EventLoop): ExceptionContext[] {
  const reports: ExceptionContext[] = [];
  loop.setExceptionHandler((_loop: EventLoop, context: ExceptionContext) => {
    reports.push(context);
  });
  return reports;
}
