export { GET } from '../graphql/route.ts';
