export const direct = 'direct `executeHTTPGraphQLRequest`';
export const irreducible = 'irreducible Request/Response';
export const ours = 'apollo-server-integration-fetch';
