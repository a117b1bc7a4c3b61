import type { View } from '@raft-mesh/mesh';
import { Violation } from '../checkers/checker.ts';

/** Checks the views of one watch as they come: neither version nor incarnation goes back. What it returns throws a `Violation`. */
export function checkedView(who: string): (view: View) => void {
  let last: View | null = null;
  return (view) => {
    const before = last;
    last = view;
    if (before === null || view.incarnation > before.incarnation) return;
    if (view.incarnation < before.incarnation || view.version < before.version) {
      throw new Violation('viewNeverGoesBack', `${who} was shown version ${view.version} of incarnation ${view.incarnation} after version ${before.version} of incarnation ${before.incarnation}.`);
    }
  };
}
