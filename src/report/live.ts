/**
 * The call graph of a running program: the sink that the recorder feeds with batches, without a trace
 * file. Text is handed over at each `advance`, which also shows the calls that are still open.
 */
import type { EventSink } from '../trace/model.js';
import { CallStacks } from './call-stacks.js';
import { CallGraph, type CallGraphNames, type CallGraphOptions } from './formats/call-graph.js';

/** Filters stand before it: `filterEvents(filter, context, liveCallGraph(...))`. */
export function liveCallGraph(
  options: CallGraphOptions,
  names: CallGraphNames,
  emit: (chunk: Uint8Array) => void,
): EventSink {
  return new CallStacks(new CallGraph(options, names, emit));
}
