import { runSuite } from '../suite.ts';

const outcome = await runSuite((handler) => {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: handler });
  return { url: `http://127.0.0.1:${server.port}`, close: () => server.stop(true) };
});
console.log(JSON.stringify(outcome));
process.exit();
