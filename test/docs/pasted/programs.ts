/** The programs that need packages which this repository does not install, and so run in a project of their own only. */
export const pastedPrograms: readonly string[] = [
  ...['standalone.mts', 'express.mts', 'fastify.mts', 'koa.mts', 'lambda.mts', 'h3.mts', 'yoga.mts', 'worker.ts']
    .concat('app/graphql/route.ts', 'pages/api/graphql.ts')
    .flatMap((name) => [`docs/migrating.md#${name}, before`, `docs/migrating.md#${name}`]),
];
