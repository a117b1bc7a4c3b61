import { failed } from '../problem.ts';
import { ProblemError } from '../problem-error.ts';

/** Left for what the platform opens, the audit log, and files that are open for a moment. */
const otherDescriptors = 512;
const connectionsMin = 256;

/** How many connections a host may take in, when each of so many managers keeps its log open. Throws a `ProblemError` (`tooFewDescriptors`) where the process may not open that much. */
export function descriptorsFor(managersMax: number): { readonly connectionsMax: number } {
  const report = process.report.getReport() as { readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } } };
  const limit = Number(report.userLimits?.open_files?.soft ?? 65_536);
  if (!Number.isFinite(limit)) return { connectionsMax: 65_536 };
  const connectionsMax = limit - managersMax - otherDescriptors;
  if (connectionsMax < connectionsMin) {
    throw new ProblemError(failed(422, 'tooFewDescriptors', `This process may have ${limit} files open, which is not enough for ${managersMax} managers and their connections.`, `ulimit -n ${managersMax + otherDescriptors + 4_096}   or: mesh host start --managers-max ${Math.max(1, limit - otherDescriptors - connectionsMin)}`).problem);
  }
  return { connectionsMax };
}
