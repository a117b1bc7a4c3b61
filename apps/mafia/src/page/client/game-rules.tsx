import type { JSX } from 'preact';
import { optionTable } from '../../game/options/index.ts';
import type { GameOptions } from '../../game/options/index.ts';
import { hostWords, optionNames, optionValues } from './words.ts';

type Name = keyof typeof optionTable;
const shown: readonly Name[] = ['setup', 'voteMode', 'ties', 'reveal', 'whispers', 'wills', 'selfVotes', 'firstPhase', 'endsEarly', 'starts'];

/** The rules of the next game: the host chooses, everyone sees. */
export function GameRules({ options, canChoose, onChoose }: { readonly options: GameOptions; readonly canChoose: boolean; readonly onChoose: (name: Name, value: string | boolean) => void }): JSX.Element {
  return (
    <details class="rules">
      <summary data-testid="rules-summary">{hostWords.more}</summary>
      <ul>
        {shown.map((name) => {
          const option = optionTable[name];
          const value = options[name];
          return (
            <li key={name}>
              <label>
                <span>{optionNames[name]}</span>
                {option.kind === 'choice' && (
                  <select value={String(value)} disabled={!canChoose} data-testid={`option-${name}`} onChange={(event) => onChoose(name, event.currentTarget.value)}>
                    {option.values.filter((each) => each !== 'custom' || value === 'custom').map((each) => <option key={each} value={each}>{optionValues[each]}</option>)}
                  </select>
                )}
                {option.kind === 'switch' && <input type="checkbox" checked={value === true} disabled={!canChoose} data-testid={`option-${name}`} onChange={(event) => onChoose(name, event.currentTarget.checked)} />}
              </label>
              <small>{option.rule}</small>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
