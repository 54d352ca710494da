/** The key that joins a probe to what it costs (`probe_cost.kind`): a probe in a library also looks up who called. */
export function costKind(instruction: string, inLibrary: boolean): string {
  return inLibrary ? `${instruction}, in a library` : instruction;
}
