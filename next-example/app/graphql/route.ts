// npx next dev next-example
import { createFetchHandler } from 'apollo-server-integration-fetch';
import { broadcastHub } from '../../../example-app/broadcast-hub.ts';
import { context } from '../../../example-app/context.ts';
import { uploads } from '../../../example-app/covers.ts';
import { withPage } from '../../../example-app/page.ts';
import { createServer } from '../../../example-app/server.ts';
import { sqliteStore } from '../../../example-app/sqlite-store.ts';

const { STORE = 'bookshelf-next.sqlite' } = process.env;

const handler = withPage(
  createFetchHandler(() => createServer(sqliteStore(STORE), broadcastHub()), { context, multipart: uploads }),
);

export { handler as GET, handler as OPTIONS, handler as POST };
