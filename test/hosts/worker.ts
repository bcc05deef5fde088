/** The Worker that workerd and wrangler serve. The bundler puts the name of the application into `APP`. */
import { type AppName, loadApp } from '../apps/index.ts';

declare const APP: AppName;

const createApp = await loadApp(APP);

export default { fetch: createApp() };
