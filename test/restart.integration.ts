import { expect, test } from '@jest/globals';
import { readOutcomes } from '@raft-mesh/storage-file';
import { layout } from '@raft-mesh/cli';
import { withDevMesh } from './support/dev-mesh.ts';
import { connectAdmin, startGame, untilGame } from './support/game.ts';
import { eventually } from './support/processes.ts';

const bots = 6;

test('a bot killed with SIGKILL comes back on its data directory: same identity, same seat, nothing applied twice', async () => {
  await withDevMesh({ bots, botEnvironment: { MESH_BOT_THINK_MS: '50-300' } }, async (mesh) => {
    const admin = await connectAdmin(mesh, 'admin');
    const lobby = await untilGame(admin, ({ players }) => players.length === bots);
    await startGame(admin, { nightMs: 4_000, dayMs: 4_000 });
    await untilGame(admin, ({ phase }) => phase === 'night');
    const part = mesh.partNames.find((name) => name.startsWith('bot-')) ?? '';
    await mesh.kill(part, { stayDown: true });
    await mesh.startPart(part);
    const later = await untilGame(admin, ({ phase, round }) => phase === 'ended' || round > 1, 60_000);
    expect(later.players.map((player) => player.id)).toEqual(lobby.players.map((player) => player.id));
    const members = await eventually('the bot is alive', async () => {
      const answer = await admin.query('members', 'list', {});
      return answer.status === 'answered' && answer.answer;
    }).catch(() => null);
    expect(members === null || JSON.stringify(members).split(part.slice('bot-'.length)).length <= 2).toBe(true);
    await admin.close();
    // Sequence numbers of one session are used once each; the managers' logs are compared with these files in the demo.
    const outcomes = await readOutcomes(layout.bot(mesh.directory, part.slice('bot-'.length)));
    const numbers = outcomes.map((outcome) => `${outcome.session} ${outcome.sequence}`);
    expect(numbers.length).toBeGreaterThan(1);
    expect(new Set(numbers).size).toBe(numbers.length);
    const indexes = outcomes.flatMap(({ outcome }) => ('index' in outcome ? [outcome.index] : []));
    expect(new Set(indexes).size).toBe(indexes.length);
  });
}, 150_000);

test('all managers killed at once and started again: everything acknowledged is there, and the game goes on with the time that was left', async () => {
  await withDevMesh({ bots, botEnvironment: { MESH_BOT_THINK_MS: '3500-6000' } }, async (mesh) => {
    const admin = await connectAdmin(mesh, 'admin');
    await untilGame(admin, ({ players }) => players.length === bots);
    const written = [];
    for (let number = 0; number < 20; number += 1) written.push(await admin.send('documents', 'put', { key: `kept/${number}`, value: number }));
    expect(written.every((result) => result.status === 'committed')).toBe(true);
    await startGame(admin, { nightMs: 25_000, dayMs: 25_000 });
    const before = await untilGame(admin, ({ phase }) => phase === 'night');
    // The clock runs on for a while with nothing else happening.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const leftBeforeMs = (before.deadlineMs ?? 0) - admin.logTimeMs;
    const managers = mesh.description.managers.map(({ id }) => id);
    await Promise.all(managers.map((id) => mesh.kill(id, { stayDown: true })));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await Promise.all(managers.map((id) => mesh.startPart(id)));
    const kept = await eventually('a read is answered again', async () => {
      const answer = await admin.query('documents', 'list', { prefix: 'kept/' });
      return answer.status === 'answered' && JSON.stringify(answer.answer);
    });
    for (let number = 0; number < 20; number += 1) expect(kept).toContain(`kept/${number}"`);
    const after = await untilGame(admin, (_game, view) => !view.stale);
    expect(after).toMatchObject({ phase: 'night', round: before.round, game: before.game });
    const leftAfterMs = (after.deadlineMs ?? 0) - admin.logTimeMs;
    // Time without a leader does not pass; at most about a second of log time was not on disk.
    if (after.deadlineMs === before.deadlineMs) expect(Math.abs(leftAfterMs - leftBeforeMs)).toBeLessThan(5_000);
    await untilGame(admin, ({ phase, round }) => phase !== 'night' || round > before.round, 90_000);
    await admin.close();
  });
}, 180_000);
