/**
 * The name of one Raft node: a manager *and* its incarnation. A wiped manager that joins again is another node,
 * so nothing its earlier life sent or voted can be taken for its own.
 */
export type NodeId = string & { readonly __brand: 'NodeId' };

/** Raft's logical clock (paper §5.1). A safe integer, from 0 (before the first election). */
export type Term = number;

/** A position in the log, a safe integer. The first entry has index 1; 0 is "before the log". */
export type LogIndex = number;
