/*
 * How a cancellation reaches a job that runs: by an event on a stream that carries nothing else.
 *
 * Workers do not read the queue's own events, of which there are four for each job. Candidates were Redis
 * pub/sub and PostgreSQL's NOTIFY, quicker by a fraction of a millisecond; BullMQ's events do it on both
 * backends with one piece of code. An event can be lost (a worker that has just lost its connection, or
 * has not got the job yet): the caller repeats it until the job has ended.
 */
import type { QueueEventsListener } from "bullmq";
import type { Backend, JobEvents, JobQueue } from "./backend.ts";

const CANCEL = "heddle:cancel";
/** Cancellations that the stream holds. */
const KEPT = 1000;

interface ControlListener extends QueueEventsListener {
  [CANCEL]: (args: { jobId: string }, id: string) => void;
}

/** @internal Ask whoever runs this job to cancel it. */
export async function askToCancel(backend: Backend, queue: JobQueue, jobId: string): Promise<void> {
  const control = queue.getBackend().forQueue(backend.controlName, backend.prefix);
  await control.publishEvent({ event: CANCEL, jobId }, KEPT);
}

/** @internal Hear of jobs that are to be cancelled. */
export function onCancel(events: JobEvents, cancel: (jobId: string) => void): void {
  events.on<ControlListener>(CANCEL, ({ jobId }: { jobId: string }) => cancel(jobId));
}
