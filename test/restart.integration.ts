import { expect, test } from '@jest/globals';
import { readOutcomes } from '@raft-mesh/storage-file';
import { layout } from '@raft-mesh/cli';
import { withDevMesh } from './support/dev-mesh.ts';
import { connectAdmin, startGame, untilGame, viewOf } from './support/game.ts';
import { eventually } from './support/processes.ts';

const bots = 6;

test('a bot killed with SIGKILL comes back on its data directory: same identity, same seat, nothing applied twice', async () => {
  await withDevMesh({ bots, botEnvironment: { MESH_BOT_THINK_MS: '900-1800' } }, async (mesh) => {
    const admin = await connectAdmin(mesh, 'admin');
    const lobby = await untilGame(admin, ({ players }) => players.length === bots);
    await startGame(admin, { nightMs: 12_000, dayMs: 12_000 });
    // By day everyone who lives has something to do: a bot is killed before it has voted.
    const day = await untilGame(admin, ({ phase }) => phase === 'day');
    const victim = day.players.find((player) => player.alive);
    if (victim === undefined) throw new Error('somebody lives on the first day');
    await mesh.kill(`bot-${victim.name}`, { stayDown: true });
    await mesh.startPart(`bot-${victim.name}`);
    const voted = await untilGame(admin, ({ votes }) => votes.some((vote) => vote.by === victim.id));
    expect(voted).toMatchObject({ game: day.game, phase: 'day', round: day.round });
    expect(voted.players.map((player) => player.id)).toEqual(lobby.players.map((player) => player.id));
    expect(voted.votes.filter((vote) => vote.by === victim.id)).toHaveLength(1);
    const members = await viewOf(admin, 'members');
    expect(JSON.stringify(members).split(`"${victim.name}"`)).toHaveLength(2);
    await admin.close();
    // Each sequence number and each place in the log is used once; the demo compares such files with every manager's log.
    const outcomes = await readOutcomes(layout.bot(mesh.directory, victim.name));
    expect(outcomes.length).toBeGreaterThan(1);
    expect(new Set(outcomes.map((outcome) => `${outcome.session} ${outcome.sequence}`)).size).toBe(outcomes.length);
    const indexes = outcomes.flatMap(({ outcome }) => ('index' in outcome ? [outcome.index] : []));
    expect(new Set(indexes).size).toBe(indexes.length);
  });
}, 120_000);

test('all managers killed at once and started again: everything acknowledged is there, and the game goes on with the time that was left', async () => {
  await withDevMesh({ bots, botEnvironment: { MESH_BOT_THINK_MS: '9000-12000' } }, async (mesh) => {
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
    // Time without a leader does not pass: neither the two seconds of silence nor the restart are taken off, but for what was read since.
    expect(after.deadlineMs).toBe(before.deadlineMs);
    expect(Math.abs(leftAfterMs - leftBeforeMs)).toBeLessThan(3_500);
    await untilGame(admin, ({ phase, round }) => phase !== 'night' || round > before.round, 90_000);
    await admin.close();
  });
}, 180_000);
