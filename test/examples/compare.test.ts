import { expect, it } from 'vitest';
import { readParts } from '../../scripts/multipart.ts';
import { formatResponses } from '../../scripts/table.ts';

it('reads the parts of a response however the network cuts them', async () => {
  const bytes = new TextEncoder().encode(
    [
      '',
      '---',
      'content-type: application/json; charset=utf-8',
      '',
      '{"data":{"title":"Ögon"},"hasNext":true}',
      '---',
      'content-type: application/json; charset=utf-8',
      '',
      '{"hasNext":false}',
      '-----',
      '',
    ].join('\r\n'),
  );
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const headers = { 'content-type': 'multipart/mixed; boundary="-"; deferSpec=20220824' };
  const parts: string[] = [];
  for await (const part of readParts(new Response(body, { headers }))) parts.push(part);
  expect(parts).toEqual(['{"data":{"title":"Ögon"},"hasNext":true}', '{"hasNext":false}']);
});

it('gives a server with a different response its own line', () => {
  const table = formatResponses(
    new Map([
      ['node', [{ text: '{"data":1}', ms: 5 }]],
      ['deno', [{ text: '{"data":1}', ms: 7 }]],
      ['bun', [{ text: '{"data":2}', ms: 9 }]],
    ]),
  );
  const cells = table.split('\n').map((line) => line.trim().split(/\s{2,}/));
  expect(cells).toEqual([
    ['Part of the response, and when it arrived', 'node', 'deno', 'bun'],
    [expect.stringMatching(/^─+$/)],
    ['{"data":1}', '5 ms', '7 ms', '–'],
    ['{"data":2}', '–', '–', '9 ms'],
  ]);
});

it('breaks a long payload between words, and breaks a word only if it is too long', () => {
  const lines = (text: string) =>
    formatResponses(new Map([['node', [{ text, ms: 5 }]]]))
      .split('\n')
      .slice(2)
      .map((line) => line.replace(/ +5 ms$/, ''));
  expect(lines('{"data":{"book":{"title":"A Wizard of Earthsea"}},"hasNext":true}')).toEqual([
    '{"data":{"book":{"title":"A Wizard of Earthsea"}},',
    '"hasNext":true}',
  ]);
  expect(lines('{"incremental":[{"data":{"reviews":[{"critic":"The Morning Reader"}]}}],"hasNext":false}')).toEqual([
    '{"incremental":[{"data":{"reviews":[{"critic":"The Morning',
    'Reader"}]}}],"hasNext":false}',
  ]);
  const long = 'x'.repeat(70);
  expect(lines(`"${long}"`)).toEqual([`"${'x'.repeat(59)}`, `${'x'.repeat(11)}"`]);
});
