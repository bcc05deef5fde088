import { describe, it, expect as vitestExpect } from 'vitest';
import { expect } from './expect.ts';

describe('toMatchInlineSnapshot', () => {
  it('accepts a snapshot as Jest writes it', () => {
    expect({ list: ['a', /b/], nested: { quoted: 'a"b', lines: 'one\r\ntwo' } }).toMatchInlineSnapshot(`
      {
        "list": [
          "a",
          /b/,
        ],
        "nested": {
          "lines": "one
      two",
          "quoted": "a"b",
        },
      }
    `);
    expect('plain').toMatchInlineSnapshot('"plain"');
  });

  it('refuses any other', () => {
    vitestExpect(() => expect('plain').toMatchInlineSnapshot('"plainer"')).toThrow('Expected:\n"plainer"');
    vitestExpect(() =>
      expect({ a: 1, b: 2 }).toMatchInlineSnapshot(`
        {
          "a": 1,
        }
      `),
    ).toThrow('"b": 2');
  });
});
