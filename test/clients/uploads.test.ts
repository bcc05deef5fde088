import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import type { Browser } from 'playwright-core';
import { Client, fetchExchange } from 'urql';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import type { Server } from '../../scripts/launch.ts';
import { describeHosts } from '../hosts/describe-hosts.ts';
import { awkwardFiles, described, describedFiles, noise, uploadFile, uploadFiles } from '../uploads/request.ts';
import { launchBrowser } from './browser.ts';

const run = promisify(execFile);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

describeHosts({ suite: 'upload clients' }, (host, test) => {
  let server: Server;
  beforeAll(async () => {
    server = await host.launch('uploads');
  });
  afterAll(async () => {
    await server.stop();
  });

  test('apollo-upload-client with Apollo Client', async () => {
    const client = new ApolloClient({
      link: new UploadHttpLink({ uri: server.url, headers: { 'apollo-require-preflight': 'yes' } }),
      cache: new InMemoryCache(),
    });
    const files = awkwardFiles;
    const { data } = await client.mutate({ mutation: gql(uploadFiles), variables: { files } });
    const expected = await describedFiles(files);
    expect(data).toEqual({ uploadFiles: expected.map((file) => ({ __typename: 'File', ...file })) });
  });

  test('urql', async () => {
    const client = new Client({
      url: server.url,
      exchanges: [fetchExchange],
      preferGetMethod: false,
      fetchOptions: { headers: { 'apollo-require-preflight': 'yes' } },
    });
    const { data, error } = await client.mutation(uploadFiles, { files: awkwardFiles }).toPromise();
    expect(error).toBeUndefined();
    expect(data).toMatchObject({ uploadFiles: await describedFiles(awkwardFiles) });
  });

  test('curl', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'upload-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const content = noise(100_000);
    await writeFile(join(folder, 'ünïcode 🚀.bin'), content);
    const { stdout } = await run('curl', [
      '--silent',
      '--header',
      'apollo-require-preflight: yes',
      '--form',
      `operations=${JSON.stringify({ query: uploadFile, variables: { file: null } })}`,
      '--form',
      'map={"0":["variables.file"]}',
      '--form',
      `0=@${join(folder, 'ünïcode 🚀.bin')};type=image/png`,
      `${server.url}/`,
    ]);
    expect(JSON.parse(stdout)).toEqual({ data: { uploadFile: described('ünïcode 🚀.bin', 'image/png', content) } });
  });

  test('a page in Chromium', async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`${server.url}/form`);
    const files = [
      { name: 'ünïcode "quoted" 🚀.png', mimeType: 'image/png', buffer: Buffer.from(noise(200_000)) },
      { name: 'empty.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(0) },
    ];
    await page.setInputFiles('#by-script input', files);
    await page.click('#by-script button');
    await page.waitForFunction(() => document.querySelector('output')?.textContent !== '');
    expect(JSON.parse(await page.innerText('output'))).toEqual({
      data: { uploadFiles: files.map(({ name, mimeType, buffer }) => described(name, mimeType, buffer)) },
    });
  });

  // A page of any origin may send such a form.
  test('a form that the browser itself sends is refused as Cross-Site Request Forgery', async () => {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(`${server.url}/form`);
    await page.setInputFiles('#by-browser input[type=file]', {
      name: 'a',
      mimeType: 'text/x',
      buffer: Buffer.from('a'),
    });
    const [response] = await Promise.all([page.waitForNavigation(), page.click('#by-browser button')]);
    expect(response?.status()).toBe(400);
    expect(await response?.text()).toContain('Cross-Site Request Forgery');
  });
});
