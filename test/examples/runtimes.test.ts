import { commands, launch } from '../../scripts/launch.ts';
import { describeExample } from './suite.ts';

describeExample('node-example', { start: (env) => launch(commands.node, 'node-example/server.ts', env), path: '/' });
describeExample('bun-example', { start: (env) => launch(commands.bun, 'bun-example/server.ts', env), path: '/' });
describeExample('deno-example', { start: (env) => launch(commands.deno, 'deno-example/main.ts', env), path: '/' });
describeExample('workers-example', { start: (env) => launch(commands.wrangler, 'wrangler.toml', env), path: '/' });
