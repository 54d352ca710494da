/** The filters of calls, which mean the same while recording, live and in reports. */
import type { CallFilter } from '../trace/model.js';
import { parseTime } from '../util/time.js';
import type { Tid } from '../util/units.js';
import { parseWhole } from './numbers.js';
import type { GivenOptions } from './parse-options.js';

/** Throws USAGE, BAD_TIME. */
export function callFilter(given: GivenOptions): CallFilter {
  const depth = given.value('max-depth');
  const tid = given.value('tid-filter');
  const time = given.value('time-filter');
  return {
    maxDepth: depth === undefined ? undefined : parseWhole(depth, '--max-depth', 'levels of calls', 1),
    tid: tid === undefined ? undefined : (parseWhole(tid, '--tid-filter', 'a thread id', 1) as Tid),
    minDuration: time === undefined ? undefined : parseTime(time, '--time-filter'),
  };
}
