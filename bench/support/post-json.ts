import { request } from 'node:http';

/** Posts JSON on a connection of its own, with as little work as can be: where one process stands for a crowd, its own work must not be taken for the server's. */
export function postJson(url: string, body: unknown): Promise<unknown> {
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', reject);
      answer.once('end', () => {
        const answered = Buffer.concat(parts).toString('utf8');
        if (answer.statusCode === 201) resolve(JSON.parse(answered));
        else reject(new Error(`${url} answered ${answer.statusCode}: ${answered}`));
      });
    });
    sent.once('error', reject);
    sent.end(text);
  });
}
