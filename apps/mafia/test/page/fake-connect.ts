import { botNames, nextLine, nextMove, runBot, strategies } from '@raft-mesh/mafia/bots';
import { botRandom } from '../../src/bots/bot-random.ts';
import { contributionMove } from '../../src/game/proof/contribute.ts';
import { FakeWorker } from '../fake-worker.ts';
import { agent, Table } from '../table.ts';

const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'lobby';
const players = Number(query.get('players') ?? 9);
const wanted = query.get('as') ?? 'detective';
const tickMs = 100;

/** A game in which `me` is what the address asks for, played on to the scene. */
function tableAt(me: string): Table {
  const ids = [...botNames.slice(0, players - 1), me].map(agent);
  for (let seed = 1; seed < 5_000; seed += 1) {
    const table = new Table(seed);
    if (!query.has('alone')) table.must(agent('operator'), 'offerBots', { most: 20 }, 'admin');
    for (const id of query.has('alone') ? [agent(me)] : ids) table.must(id, 'join', id === me ? {} : { bot: 'talker' });
    if (query.has('alone')) return table;
    if (scene === 'lobby') {
      table.must(ids[0] ?? agent(me), 'say', { text: 'Evening all. Who is it tonight?' });
      table.must(ids[2] ?? agent(me), 'say', { text: 'Not me. I only came for the soup.' });
      return table;
    }
    const contribute = (): void => {
      for (const [place, id] of ids.entries()) {
        const move = contributionMove(table.viewOf(id), id, (place + 1).toString(16).padStart(64, '0'));
        if (move !== null) table.must(id, move.command, { ...move.args });
      }
    };
    contribute();
    table.must(agent(me), 'start', scene === 'night' ? {} : { options: { nightMs: 20_000, dayMs: 60_000 } });
    contribute();
    if (!table.those(wanted).includes(agent(me))) continue;
    const randoms = new Map(ids.map((id, place) => [id, botRandom(seed + place)]));
    const play = (some: readonly string[]): void => {
      for (const id of ids) if (some.includes(id)) for (const move of [nextMove(table.viewOf(id), randoms.get(id) ?? botRandom(1), strategies.talker), nextMove(table.viewOf(id), randoms.get(id) ?? botRandom(1), strategies.talker), nextLine(table.viewOf(id), randoms.get(id) ?? botRandom(1), strategies.talker)]) if (move !== null) table.send(id, move.command, { ...move.args });
    };
    const others = ids.filter((id) => id !== me);
    let phases = scene === 'night' ? 0 : scene === 'day' || scene === 'vote' ? 3 : 99;
    while ((table.state.phase === 'night' || table.state.phase === 'day') && phases > 0) { play(ids); table.endPhase(); phases -= 1; if (scene === 'dead' && table.state.phase === 'day' && !table.viewOf(agent(me)).you?.alive) break; }
    const view = table.viewOf(agent(me));
    if ((scene === 'day' || scene === 'vote') && (view.phase !== 'day' || view.you?.alive !== true)) continue;
    if (scene === 'dead' && (view.phase !== 'day' || view.you?.alive === true)) continue;
    play(others.slice(0, -1));
    return table;
  }
  throw new Error('no such scene');
}

/** Stands in for a mesh: the same `Worker`, on a table in this page. */
export function connectSeat(seat: { readonly join?: { readonly name: string } }): Promise<FakeWorker> {
  const me = seat.join?.name ?? 'Ada';
  const table = tableAt(me);
  const worker = new FakeWorker(table, agent(me));
  if (query.has('live')) {
    for (const [place, name] of botNames.slice(0, players - 1).entries()) void runBot({ worker: new FakeWorker(table, agent(name)), seed: place + 1, strategy: strategies.talker, thinkMs: { least: 500, most: 4_000 } });
  }
  // What the registry of a mesh would say of two of them.
  if (query.has('away')) { worker.absences.set(botNames[1] ?? '', 'suspect'); worker.absences.set(botNames[2] ?? '', 'dead'); }
  setInterval(() => { table.pass(tickMs); worker.tell(); }, tickMs);
  if (query.has('loss')) setTimeout(() => worker.lose(), 1_500);
  return Promise.resolve(worker);
}
