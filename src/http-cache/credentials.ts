/** The names of the request headers that carry a client's credentials, or what a proxy has found out from them. */
const names = [
  '(.+-)?authorization',
  'cookie',
  '(.+-)?api-?key',
  '(.+-)?(access|auth|id|security|session)-token',
  // RFC 9440, and Envoy
  '(.+-)?client-cert',
  // Cloudflare Access
  'cf-access-.+',
  // Load balancers of AWS
  'x-amzn-(mtls|oidc)-.+',
  // Identity-Aware Proxy of Google Cloud
  'x-goog-(iap-jwt-assertion|authenticated-user-.+)',
  // App Service and Static Web Apps of Azure
  'x-ms-(client-principal|token-).*',
  // oauth2-proxy, Authelia and their like
  'x-forwarded-(email|groups|preferred-username|user)',
  'x-auth-request-.+',
  '(x-)?remote-(email|groups|name|user)',
];

const pattern = new RegExp(`^(${names.join('|')})$`);

/** Whether a request says who its client is. */
export function hasCredentials({ headers }: Request): boolean {
  let found = false;
  // Unlike an iterator, this needs no native headers on Node.js.
  headers.forEach((_value, name) => {
    found ||= pattern.test(name);
  });
  return found;
}
