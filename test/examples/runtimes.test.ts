import { launch } from '../../scripts/launch.ts';
import { describeExample } from './suite.ts';

describeExample('node-example', { start: (env) => launch('node', 'node-example/server.ts', env), path: '/' });
describeExample('bun-example', { start: (env) => launch('bun', 'bun-example/server.ts', env), path: '/' });
describeExample('deno-example', { start: (env) => launch('deno', 'deno-example/main.ts', env), path: '/' });
describeExample('workers-example', { start: (env) => launch('workerd', 'wrangler.toml', env), path: '/' });
