import type { Payload } from './ask.ts';

const textWidth = 60;
const timeWidth = 10;

/**
 * Shows the responses of several servers to one query side by side. Each payload has a line, and each server has a
 * column of arrival times. Servers whose responses are equal share the lines. A different response has its own lines.
 */
export function formatResponses(responses: ReadonlyMap<string, readonly Payload[]>): string {
  const names = [...responses.keys()];
  return [
    row('Part of the response, and when it arrived', names),
    rule(names.length),
    ...distinctPayloads([...responses.values()]).flatMap(({ index, text }) => {
      const times = names.map((name) => {
        const payload = responses.get(name)?.[index];
        return payload?.text === text ? `${payload.ms} ms` : '–';
      });
      const [first = '', ...more] = wrap(text);
      return [row(first, times), ...more];
    }),
  ].join('\n');
}

function distinctPayloads(responses: readonly (readonly Payload[])[]): { index: number; text: string }[] {
  const length = Math.max(...responses.map((payloads) => payloads.length));
  return Array.from({ length }, (_, index) => index).flatMap((index) => {
    const texts = new Set(responses.flatMap((payloads) => payloads[index]?.text ?? []));
    return [...texts].map((text) => ({ index, text }));
  });
}

function row(text: string, cells: readonly string[]): string {
  return text.padEnd(textWidth) + cells.map((cell) => cell.padStart(timeWidth)).join('');
}

function rule(columns: number): string {
  return '─'.repeat(textWidth + timeWidth * columns);
}

/** Wraps a text after a space, a comma or an opening bracket. A line without any of them breaks at its full width. */
function wrap(text: string): string[] {
  const line = `.{1,${textWidth}}`;
  const lines = text.match(new RegExp(`${line}$|${line}(?<=[\\s,{[])|${line}`, 'g')) ?? [''];
  return lines.map((line) => line.trimEnd());
}
