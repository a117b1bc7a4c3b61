import type { Problem } from './problem.ts';

/** Thrown where a program starts something up and cannot go on: the problem says what happened and what to do next. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly code: string;
  readonly next: string;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
    this.code = problem.code;
    this.next = problem.next;
  }
}
