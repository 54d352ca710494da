/**
 * Branded numbers. Two brands meet only in a named conversion, so that a file offset never
 * passes for an address. At run time each is a plain number.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

/** Nanoseconds. Where it is a point in time: since the start of the trace (CLOCK_MONOTONIC). */
export type Ns = Branded<'Ns'>;
/** Bytes from the start of an ELF file; what a uprobe is attached to. */
export type FileOffset = Branded<'FileOffset'>;
/** An address as the ELF file states it (`st_value`, `p_vaddr`), before load bias. */
export type VirtualAddress = Branded<'VirtualAddress'>;
/** An address inside a running process. */
export type RuntimeAddress = Branded<'RuntimeAddress'>;
export type Pid = Branded<'Pid'>;
export type Tid = Branded<'Tid'>;
/** Row of the trace's `function` table; dense from 0. */
export type FunctionId = Branded<'FunctionId'>;
/** Row of the trace's `thread` table; dense from 0. Not a tid: a tid may be reused, this is not. */
export type ThreadId = Branded<'ThreadId'>;
/** Row of the trace's `process` table; dense from 0. */
export type ProcessId = Branded<'ProcessId'>;
/** Row of the trace's `module` table; dense from 0. */
export type ModuleId = Branded<'ModuleId'>;
