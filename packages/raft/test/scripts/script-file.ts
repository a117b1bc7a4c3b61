/** Some commands, and what was seen after them. */
export interface Block {
  readonly comments: readonly string[];
  readonly commands: readonly string[];
  /** Number of the first command's line in the file, from 1. */
  readonly line: number;
  readonly transcript: readonly string[];
}

/** A golden script: a title that begins with the number of its scenario, a story, and blocks. */
export interface Script {
  readonly title: string;
  readonly story: readonly string[];
  readonly blocks: readonly Block[];
}

const endOfStory = '====';
const endOfCommands = '----';

/** Reads a script. Throws when it has no numbered title or no blocks. */
export function parseScript(text: string): Script {
  const lines = text.split('\n');
  const end = lines.indexOf(endOfStory);
  const title = lines[0] ?? '';
  if (!/^\d+\. \S/.test(title) || end < 0) throw new Error(`a script begins with "<number>. <title>", then a story, then a line ${endOfStory}`);
  const blocks: Block[] = [];
  let paragraph: { readonly line: number; readonly text: string }[] = [];
  for (let number = end + 1; number <= lines.length; number++) {
    const text = lines[number] ?? '';
    if (text !== '') paragraph.push({ line: number + 1, text });
    else if (paragraph.length > 0) {
      blocks.push(parseBlock(paragraph));
      paragraph = [];
    }
  }
  if (blocks.length === 0) throw new Error('a script without commands');
  return { title, story: lines.slice(1, end), blocks };
}

function parseBlock(lines: readonly { readonly line: number; readonly text: string }[]): Block {
  const texts = lines.map(({ text }) => text);
  const ruler = texts.indexOf(endOfCommands);
  const above = ruler < 0 ? lines : lines.slice(0, ruler);
  const commands = above.filter(({ text }) => !text.startsWith('#'));
  return {
    comments: above.flatMap(({ text }) => (text.startsWith('#') ? [text] : [])),
    commands: commands.map(({ text }) => text),
    line: commands[0]?.line ?? 0,
    transcript: ruler < 0 ? [] : texts.slice(ruler + 1),
  };
}

/** The text of a script, as it is kept. What `parseScript` reads comes back as it was. */
export function renderScript({ title, story, blocks }: Script): string {
  const renderBlock = ({ comments, commands, transcript }: Block): string => [...comments, ...commands, ...(transcript.length > 0 ? [endOfCommands, ...transcript] : [])].join('\n');
  return `${[title, ...story, endOfStory].join('\n')}\n\n${blocks.map(renderBlock).join('\n\n')}\n`;
}
