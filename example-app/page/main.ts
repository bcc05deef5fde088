/** A book at once, its reviews when the critics are done, and every book that anyone adds from then on. */
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client/core';
import { Defer20220824Handler } from '@apollo/client/incremental';
import { RetryLink } from '@apollo/client/link/retry';
import type { Review } from '../reviews.ts';
import type { Book } from '../store.ts';

interface Shelf {
  readonly book: { readonly title: string; readonly author: string; readonly reviews: readonly Review[] };
}

const query: TypedDocumentNode<Shelf, Record<string, never>> = gql`
  query Shelf {
    book(id: "first") {
      id
      title
      author
      ... @defer {
        reviews {
          critic
          text
        }
      }
    }
  }
`;

const news: TypedDocumentNode<{ readonly bookAdded: Book }, Record<string, never>> = gql`
  subscription News {
    bookAdded {
      id
      title
      author
    }
  }
`;

const client = new ApolloClient({
  // Next.js serves GraphQL there and nowhere else, the other examples on every path.
  link: new HttpLink({ uri: '/graphql' }),
  cache: new InMemoryCache(),
  incrementalHandler: new Defer20220824Handler(),
});

function show(id: string, ...children: (Node | string)[]): void {
  document.getElementById(id)?.replaceChildren(...children);
}

function quote({ critic, text }: Review): HTMLElement {
  const cite = document.createElement('cite');
  cite.append(critic);
  const quotation = document.createElement('blockquote');
  quotation.append(text, cite);
  quotation.setAttribute('elementtiming', 'review');
  return quotation;
}

client.watchQuery({ query }).subscribe(({ data, dataState, error }) => {
  const isLoading = dataState === 'empty' && error === undefined;
  if (isLoading) return;
  document.body.hidden = false;
  show('title', data?.book?.title ?? 'No book');
  show('author', data?.book?.author ?? '');
  show('reviews', ...(dataState === 'complete' ? data.book.reviews.map(quote) : []));
  show('status', error?.message ?? (dataState === 'complete' ? '' : 'The reviews are coming…'));
});

// Subscribes again when a server that stops, or a lost connection, has ended the subscription.
const retry = new RetryLink({ delay: { initial: 500 }, attempts: { max: Number.POSITIVE_INFINITY } });
const listener = new ApolloClient({
  link: retry.concat(new HttpLink({ uri: '/graphql' })),
  cache: new InMemoryCache(),
});
listener.subscribe({ query: news }).subscribe(({ data }) => {
  if (data == null) return;
  const item = document.createElement('li');
  item.append(`${data.bookAdded.title}, ${data.bookAdded.author}`);
  document.getElementById('news')?.prepend(item);
});
