import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { GameRulesProperties } from './game-rules-list.tsx';
import { words } from './languages/index.ts';

type List = (properties: GameRulesProperties) => JSX.Element;

/** The rules of the next game: the host chooses, everyone sees. They come when they are looked at. */
export function GameRules(properties: GameRulesProperties): JSX.Element {
  const [List, setList] = useState<List | null>(null);
  const load = (): void => { if (List === null) import('./game-rules-list.tsx').then(({ GameRulesList }) => setList(() => GameRulesList), () => undefined); };
  return (
    <details class="rules" onToggle={load}>
      <summary data-testid="rules-summary">{words.lobby.rules}</summary>
      {List !== null && <List {...properties} />}
    </details>
  );
}
