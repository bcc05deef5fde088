/** The types of the options that the tests use. The package has its types in JSDoc, which TypeScript does not read. */
declare module 'apollo-upload-client/UploadHttpLink.mjs' {
  import { ApolloLink } from '@apollo/client';

  export default class UploadHttpLink extends ApolloLink {
    constructor(options: { readonly uri: string; readonly headers: Readonly<Record<string, string>> });
  }
}
