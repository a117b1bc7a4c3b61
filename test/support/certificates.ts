import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An authority of our own, and a certificate of it for this machine. */
export function makeCertificates(directory: string): { readonly authority: string; readonly certificate: string; readonly key: string } {
  const file = (name: string) => join(directory, name);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=Raft Mesh test authority', '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', file('authority.key'), '-out', file('authority.pem'));
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-keyout', file('manager.key'), '-out', file('manager.csr'));
  writeFileSync(file('extensions'), 'subjectAltName=IP:127.0.0.1');
  openssl('x509', '-req', '-in', file('manager.csr'), '-CA', file('authority.pem'), '-CAkey', file('authority.key'), '-CAcreateserial', '-days', '2', '-extfile', file('extensions'), '-out', file('manager.pem'));
  return { authority: file('authority.pem'), certificate: file('manager.pem'), key: file('manager.key') };
}
