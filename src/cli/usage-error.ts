/** A command line that cannot be meant as it is typed. */
import { UtraceError } from '../util/errors.js';

export function usageError(message: string, hint = 'all options: utrace --help'): UtraceError {
  return new UtraceError({ code: 'USAGE', message, hint });
}
