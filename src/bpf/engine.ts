/**
 * How probes are attached, best first: one link for both ends of a call (6.13), a link each for entries and returns
 * (6.6), many probes in one uprobe event of tracefs (5.15, for its cookie).
 */
export const ENGINES = ['session', 'multi', 'tracefs'] as const;

export type Engine = (typeof ENGINES)[number];
