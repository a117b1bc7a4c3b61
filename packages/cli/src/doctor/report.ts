import type { Diagnosis } from './diagnose.ts';
import type { Finding } from './finding.ts';

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** A diagnosis for people: what was looked at, and of each finding what, why it matters, and the next command. */
export function report({ findings, mesh }: Diagnosis): string {
  const problems = findings.filter(({ severity }) => severity === 'problem').length;
  const looked = mesh === null ? 'this machine' : `this machine, mesh ${mesh.mesh} (${counted(mesh.managers, 'manager')}, ${mesh.leader === null ? 'no leader' : `leader ${mesh.leader}`}) and its control plane at ${mesh.controlPlane}`;
  if (findings.length === 0) return `Looked at ${looked}.\nNothing is wrong that mesh doctor knows of.`;
  const found = [...(problems === 0 ? [] : [counted(problems, 'problem')]), ...(findings.length === problems ? [] : [counted(findings.length - problems, 'warning')])];
  return [`Looked at ${looked}.\nFound ${found.join(' and ')}.`, ...findings.map(described)].join('\n\n');
}

function described({ code, severity, what, why, next }: Finding): string {
  const [command = '', ...notes] = next.split('   ');
  return [`${severity === 'problem' ? '✗' : '!'} ${what}`, `  Why it matters: ${why}`, `  Next: ${command}`, ...notes.map((note) => `        ${note}`), `  [${code}]`].join('\n');
}
