import { Commands } from './commands.ts';
import { checkExpectation } from './expectations.ts';
import type { Script } from './script-file.ts';
import type { Seen } from './world.ts';
import { World } from './world.ts';

/** The script with the transcript that it has now, and what of its expectations did not hold. */
export interface Played { readonly script: Script; readonly failures: readonly string[] }

/** Runs a script from beginning to end. What breaks ends it: the rest of its transcripts stay as they were. */
export function playScript(script: Script): Played {
  const world = new World();
  const commands = new Commands(world);
  const failures: string[] = [];
  const blocks = script.blocks.map((block) => {
    const transcript: string[] = [];
    if (failures.length > 0) return block;
    for (const [offset, line] of block.commands.entries()) {
      try {
        if (line.startsWith('expect ')) {
          checkExpectation(world, line.slice('expect '.length));
          continue;
        }
        const isQuiet = line.startsWith('quiet ');
        commands.run(isQuiet ? line.slice('quiet '.length) : line);
        transcript.push(...render(world.takeSeen(), isQuiet));
      } catch (error) {
        transcript.push(...render(world.takeSeen(), false));
        failures.push(`line ${block.line + offset}, "${line}": ${error instanceof Error ? error.message : String(error)}`);
        break;
      }
    }
    return { ...block, transcript };
  });
  if (!script.blocks.some(({ commands: lines }) => lines.some((line) => line.startsWith('expect ')))) failures.push('a script must say by `expect` what is right');
  return { script: { ...script, blocks }, failures };
}

function render(seen: readonly Seen[], isQuiet: boolean): readonly string[] {
  if (isQuiet) return seen.flatMap(({ news }) => news);
  return seen.flatMap(({ header, details }) => [header, ...details.map((detail) => `  ${detail}`)]);
}
