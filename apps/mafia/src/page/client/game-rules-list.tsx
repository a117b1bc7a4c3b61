import type { JSX } from 'preact';
import { everyCharacter } from '../../game/characters/index.ts';
import { optionTable } from '../../game/options/index.ts';
import type { GameOptions } from '../../game/options/index.ts';
import type { Character } from '../../index.ts';
import { Icon } from './icons.tsx';
import { words } from './languages/index.ts';

type Name = keyof typeof optionTable;
export type Change = { readonly [Each in Name]?: string | number | boolean } & { readonly cast?: GameOptions['cast'] };
/** In the order in which one would ask. */
const shown: readonly Name[] = ['setup', 'nightMs', 'dayMs', 'voteMode', 'trialMs', 'ties', 'revoteMs', 'reveal', 'whispers', 'wills', 'selfVotes', 'firstPhase', 'endsEarly', 'extensionsMax', 'extensionMs', 'warnings', 'mafiaWins', 'starts'];
const secondsOffered = [15, 25, 30, 45, 60, 90, 120, 180, 300, 600, 1_800];

/** Amounts that may be chosen, the present one among them. */
function amountsOf(name: Name, value: number): readonly number[] {
  const option = optionTable[name];
  if (option.kind !== 'amount') return [];
  const offered = option.unit === 'times' ? Array.from({ length: option.most - option.least + 1 }, (_, place) => option.least + place) : secondsOffered.map((seconds) => seconds * 1_000).filter((ms) => ms >= option.least && ms <= option.most);
  return [...new Set([...offered, value])].sort((a, b) => a - b);
}

export interface GameRulesProperties {
  readonly options: GameOptions;
  readonly canChoose: boolean;
  readonly onChange: (change: Change) => void;
}

/** Every rule with what it may be. */
export function GameRulesList({ options, canChoose, onChange }: GameRulesProperties): JSX.Element {
  return (
    <>
      {!canChoose && <p class="hint">{words.lobby.onlyHost}</p>}
      <ul>
        {shown.map((name) => (
          <li key={name}>
            <label><span>{words.options[name]}</span><OptionField name={name} value={options[name]} canChoose={canChoose} onChange={onChange} /></label>
            <small>{words.optionHints[name]}</small>
            {name === 'setup' && options.setup === 'custom' && <Cast options={options} canChoose={canChoose} onChange={onChange} />}
          </li>
        ))}
      </ul>
    </>
  );
}

function OptionField({ name, value, canChoose, onChange }: { readonly name: Name; readonly value: string | number | boolean; readonly canChoose: boolean; readonly onChange: GameRulesProperties['onChange'] }): JSX.Element {
  const option = optionTable[name];
  const shared = { disabled: !canChoose, 'data-testid': `option-${name}` };
  switch (option.kind) {
    case 'choice': return (
      <select {...shared} value={String(value)} onChange={(event) => onChange({ [name]: event.currentTarget.value })}>
        {option.values.map((each) => <option key={each} value={each}>{words.optionValues[each]}</option>)}
      </select>
    );
    case 'switch': return <input {...shared} type="checkbox" checked={value === true} onChange={(event) => onChange({ [name]: event.currentTarget.checked })} />;
    case 'amount': return (
      <select {...shared} value={String(value)} onChange={(event) => onChange({ [name]: Number(event.currentTarget.value) })}>
        {amountsOf(name, Number(value)).map((each) => <option key={each} value={each}>{option.unit === 'times' ? each : words.seconds(each / 1_000)}</option>)}
      </select>
    );
    default: return option satisfies never;
  }
}

/** How many of each character; the rest are villagers. */
function Cast({ options: { cast }, canChoose, onChange }: GameRulesProperties): JSX.Element {
  const change = (character: Character, by: number): void => onChange({ cast: { ...cast, [character]: Math.max(0, (cast[character] ?? 0) + by) } });
  return (
    <fieldset class="cast" disabled={!canChoose}>
      <legend>{words.lobby.cast}</legend>
      {everyCharacter.filter((character) => character !== 'villager').map((character) => {
        const name = words.characters[character];
        return (
          <div key={character} class={`of-${character}`}>
            <Icon name={character} /><span>{name}</span>
            <button type="button" aria-label={words.lobby.fewer(name)} data-testid={`fewer-${character}`} disabled={!canChoose || (cast[character] ?? 0) === 0} onClick={() => change(character, -1)}>−</button>
            <output>{cast[character] ?? 0}</output>
            <button type="button" aria-label={words.lobby.more(name)} data-testid={`more-${character}`} onClick={() => change(character, 1)}>+</button>
          </div>
        );
      })}
      <small>{words.lobby.rest}</small>
    </fieldset>
  );
}
