import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import { listen } from './listen.ts';

listen(new InMemoryLRUCache());
