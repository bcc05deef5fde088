import process from 'node:process';
import { sqliteCache } from '../../../node-example/cache.ts';
import { listen } from './listen.ts';

listen(sqliteCache(process.env.STORE ?? ':memory:'));
