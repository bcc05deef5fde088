import { runSuite } from '../suite.ts';

const outcome = await runSuite((handler) => {
  const server = Deno.serve({ hostname: '127.0.0.1', port: 0, onListen() {} }, handler);
  return { url: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
});
console.log(JSON.stringify(outcome));
Deno.exit();
