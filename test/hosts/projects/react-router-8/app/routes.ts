import { type RouteConfig, route } from '@react-router/dev/routes';

export default [route('graphql', 'routes/graphql.ts')] satisfies RouteConfig;
