import type { Worker } from '@raft-mesh/mesh-browser';
import type { JSX } from 'preact';
import { botsIn, difficulties } from '../../game/bots.ts';
import type { Difficulty } from '../../game/bots.ts';
import { playersMax } from '../../game/limits.ts';
import { playersMinFor } from '../../game/setup.ts';
import type { MafiaView } from '../../index.ts';
import { words } from './languages/index.ts';
import type { Absences } from './presence.ts';
import { momentOf, sendCommand } from './send-command.ts';

/** More people than the fewest make a better game. */
const goodTable = 8;

/** The host fills the table with bots, when somebody is there who sends them; and is told plainly when nobody is. */
export function BotsWanted({ worker, view, absences, onProblem }: { readonly worker: Worker; readonly view: MafiaView; readonly absences: Absences; readonly onProblem: (text: string) => void }): JSX.Element {
  const { bots } = words;
  const { provider, wanted } = view.bots;
  const seated = botsIn(view.players);
  const people = view.players.length - seated;
  const count = wanted?.count ?? seated;
  const difficulty = wanted?.difficulty ?? 'mixed';
  const most = Math.min(playersMax - people, seated + (provider?.most ?? 0));
  const isProvided = provider !== null && absences.get(provider.by) !== 'dead';
  const want = (next: { readonly count: number; readonly difficulty?: Difficulty }): void => {
    void sendCommand(worker, 'wantBots', { ...momentOf(view), count: next.count, difficulty: next.difficulty ?? difficulty }).then((problem) => { if (problem !== null) onProblem(problem); });
  };
  const filled = Math.min(most, Math.max(count + 1, Math.max(goodTable, playersMinFor(view.options)) - people));
  if (!isProvided && seated === 0) return <p class="hint" data-testid="no-bots">{bots.nobody}</p>;
  return (
    <div class="bots" role="group" aria-label={bots.title}>
      <span class="bots-count" data-testid="bots-wanted" data-wanted={count}>{count > seated ? bots.coming(seated, count) : bots.count(seated)}</span>
      <button type="button" aria-label={bots.fewer} data-testid="fewer-bots" disabled={count === 0} onClick={() => want({ count: count - 1 })}>−</button>
      <button type="button" aria-label={bots.more} data-testid="more-bots" disabled={!isProvided || count >= most} onClick={() => want({ count: count + 1 })}>+</button>
      <select aria-label={bots.difficulty} value={difficulty} data-testid="bots-difficulty" onChange={(event) => { const chosen = difficulties.find((each) => each === event.currentTarget.value); if (chosen !== undefined) want({ count, difficulty: chosen }); }}>
        {difficulties.map((each) => <option key={each} value={each}>{bots.difficulties[each]}</option>)}
      </select>
      {isProvided && people + count < goodTable && <button type="button" class={`bots-fill ${view.players.length < playersMinFor(view.options) ? 'primary' : ''}`} data-testid="fill-with-bots" onClick={() => want({ count: filled })}>{bots.fill}</button>}
      {!isProvided && <p class="hint" data-testid="no-bots">{bots.nobody}</p>}
    </div>
  );
}
