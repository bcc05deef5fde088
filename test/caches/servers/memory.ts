import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { listen } from './listen.ts';

await listen(new InMemoryLRUCache());
