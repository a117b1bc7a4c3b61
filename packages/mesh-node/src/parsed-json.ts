/** `undefined` for what is no JSON: a value that no text stands for. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
