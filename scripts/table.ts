import type { Payload } from './ask.ts';

const textWidth = 60;
const timeWidth = 10;

/**
 * The answers of several servers to one question, side by side: a line for each payload, a column of arrival times for
 * each server. Servers that answer the same share the lines; one that does not stands out by lines of its own.
 */
export function formatAnswers(answers: ReadonlyMap<string, readonly Payload[]>): string {
  const names = [...answers.keys()];
  return [
    row('', names),
    rule(names.length),
    ...distinctPayloads([...answers.values()]).flatMap(({ index, text }) => {
      const times = names.map((name) => {
        const payload = answers.get(name)?.[index];
        return payload?.text === text ? `${payload.ms} ms` : '–';
      });
      const [first = '', ...more] = wrap(text);
      return [row(first, times), ...more];
    }),
  ].join('\n');
}

function distinctPayloads(answers: readonly (readonly Payload[])[]): { index: number; text: string }[] {
  const length = Math.max(...answers.map((payloads) => payloads.length));
  return Array.from({ length }, (_, index) => index).flatMap((index) => {
    const texts = new Set(answers.flatMap((payloads) => payloads[index]?.text ?? []));
    return [...texts].map((text) => ({ index, text }));
  });
}

function row(text: string, cells: readonly string[]): string {
  return text.padEnd(textWidth) + cells.map((cell) => cell.padStart(timeWidth)).join('');
}

function rule(columns: number): string {
  return '─'.repeat(textWidth + timeWidth * columns);
}

function wrap(text: string): string[] {
  return text.match(new RegExp(`.{1,${textWidth}}`, 'g')) ?? [''];
}
