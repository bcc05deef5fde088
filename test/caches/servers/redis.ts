import process from 'node:process';
import { KeyvAdapter } from '@apollo/utils.keyvadapter';
import KeyvRedis from '@keyv/redis';
import Keyv from 'keyv';
import { listen } from './listen.ts';

listen(new KeyvAdapter(new Keyv({ store: new KeyvRedis(process.env.REDIS_URL) })));
