/*
 * Calling a protocol: in the context of whoever made the connection, and never failing.
 *
 * What a protocol starts in `dataReceived` belongs to the run that opened the connection, and sees the
 * ContextVars and the async context that were current then (asyncio copies the context when it registers
 * the file descriptor). The protocol of streams starts nothing and is called as it is.
 */
import { snapshot } from "../context/context.ts";
import { type Frame, within } from "../context/current.ts";
import type { CapturedContext } from "../loop/host.ts";
import type { EventLoop } from "../task/event-loop.ts";
import type { Owner } from "../task/owner.ts";
import type { BaseProtocol } from "./protocol.ts";

/** Where a connection belongs. */
export interface Place {
  readonly loop: EventLoop;
  readonly owner: Owner | null;
  /** What the protocol's methods are called in; null for those that run no code of a program. */
  readonly frame: ProtocolFrame | null;
}

export interface ProtocolFrame extends Frame {
  readonly asyncContext: CapturedContext | null;
}

/** The frame for the protocol of whoever runs now. */
export function protocolFrame(loop: EventLoop, owner: Owner | null): ProtocolFrame {
  const { asyncContext } = loop;
  return {
    context: snapshot(),
    owner,
    frameTask: null,
    asyncContext: asyncContext?.inUse === true ? asyncContext.capture() : null,
  };
}

/** Call `fn` in `frame`. */
export function callIn<T>(frame: ProtocolFrame | null, fn: () => T): T {
  if (frame === null) return fn();
  const { asyncContext } = frame;
  if (asyncContext === null) return within(frame, fn);
  return within(frame, () => asyncContext.runInAsyncScope(fn, undefined));
}

/** Report that a method of a protocol threw. */
export function reportProtocol(
  loop: EventLoop,
  protocol: BaseProtocol,
  call: string,
  error: unknown,
  transport: object,
): void {
  loop.callExceptionHandler({
    message: `${protocol.constructor.name}.${call}() failed`,
    exception: error,
    protocol,
    transport,
  });
}
