import { writeFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { errorCode } from '@raft-mesh/mesh-node';
import { control, type MeshId } from '@raft-mesh/protocol';
import { CliError } from '../cli-error.ts';
import { outputOf, withCommonOptions } from '../command-options.ts';
import { controlPlaneOf, withControlPlaneOptions, type ControlPlaneAccessOptions } from '../control-plane-access.ts';
import { valueOf } from '../control-plane-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { table } from '../output.ts';

interface CreateOptions extends ControlPlaneAccessOptions { readonly role: control.KeyAccessRole; readonly mesh?: MeshId[]; readonly operation?: string[]; readonly expiresInDays?: number; readonly out?: string }

const daySeconds = 24 * 60 * 60;
const pageSize = 1_000;

export function addKey(program: Command): void {
  const key = program.command('key').description('API keys: what programs and people use the control plane with');

  withControlPlaneOptions(withCommonOptions(key.command('create <name>')))
    .description('make a key, no wider than your own; its secret is shown once')
    .addOption(new Option('--role <role>', 'what its holder is: admin, manager (runs managers), worker (lets workers in), spectator (looks)').choices([...control.keyAccessRole.options]).default('spectator'))
    .option('--mesh <id...>', 'for these meshes only')
    .option('--operation <name...>', 'for these operations only (the operationIds of GET /api/v1/openapi.json)')
    .option('--expires-in-days <days>', 'how long it lasts (default 90, at most 366)', Number)
    .option('--out <file>', 'write the secret to this new file, for its owner only, instead of showing it')
    .action(async (name: string, options: CreateOptions) => {
      const client = await controlPlaneOf(options);
      const { out, expiresInDays } = options;
      const created = valueOf(await client.createKey({
        name, accessRole: options.role, ...(options.mesh === undefined ? {} : { meshes: options.mesh }), ...(options.operation === undefined ? {} : { operations: options.operation }),
        ...(expiresInDays === undefined ? {} : { expiresInSeconds: Math.round(expiresInDays * daySeconds) }),
      }));
      const { key: made, secret } = created;
      if (out === undefined) {
        outputOf(options).print({ json: created, text: `${secret}\n\nThis is the secret of key ${made.key} (${made.accessRole}, until ${made.expiresAt ?? 'revoked'}). It is not shown again.\nNext: mesh key list` });
        return;
      }
      await writeFile(out, `${secret}\n`, { mode: 0o600, flag: 'wx' }).catch(async (error: unknown) => {
        // Nobody can ever learn this key's secret now.
        await client.revokeKey(made.key);
        throw errorCode(error) === 'EEXIST' ? new CliError('fileExists', exitCodes.conflict, `${out} exists already; no key was made.`, 'mesh key create … --out <another file>') : error;
      });
      outputOf(options).print({ json: { key: made, file: out }, text: `Key ${made.key} (${made.accessRole}, until ${made.expiresAt ?? 'revoked'}) is in ${out}.\nNext: mesh … --key-file ${out}` });
    });

  withControlPlaneOptions(withCommonOptions(key.command('list'))).description('the keys that there are, never their secrets').action(async (options: ControlPlaneAccessOptions) => {
    const client = await controlPlaneOf(options);
    const keys: control.KeyDescription[] = [];
    for (let cursor: string | null = null; ;) {
      const page: control.KeyList = valueOf(await client.listKeys({ limit: pageSize, cursor }));
      keys.push(...page.keys);
      if (page.next === null) break;
      cursor = page.next;
    }
    outputOf(options).print({ json: keys, text: keys.length === 0 ? 'There is no key but the admin key.\nNext: mesh key create <name>' : listed(keys) });
  });

  withControlPlaneOptions(withCommonOptions(key.command('revoke <key>'))).description('end a key, at once and for good').action(async (id: string, options: ControlPlaneAccessOptions) => {
    const client = await controlPlaneOf(options);
    const revoked = valueOf(await client.revokeKey(id));
    outputOf(options).print({ json: revoked, text: `Key ${revoked.key} (${revoked.name}) is revoked.\nNext: mesh key list` });
  });
}

function listed(keys: readonly control.KeyDescription[]): string {
  return table(['KEY', 'NAME', 'ROLE', 'MESHES', 'OPERATIONS', 'UNTIL', 'REVOKED'], keys.map((key) => [
    key.key, key.name, key.accessRole, key.meshes?.join(' ') ?? 'all', key.operations?.join(' ') ?? 'all of its role', key.expiresAt ?? '-', key.revokedAt ?? '-',
  ]));
}
