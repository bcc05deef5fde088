/** The programs that run only in a project of their own. They need packages that this repository does not install. */
export const pastedPrograms: readonly string[] = [
  ...['standalone.mts', 'express.mts', 'fastify.mts', 'koa.mts', 'lambda.mts', 'h3.mts', 'yoga.mts', 'worker.ts']
    .concat('app/graphql/route.ts', 'pages/api/graphql.ts')
    .flatMap((name) => [`docs/migrating.md#${name}, before`, `docs/migrating.md#${name}`]),
];
