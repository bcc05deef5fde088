/**
 * Shows a book at once, its reviews when the critics are done, and every book that anyone adds from then on. A picture
 * that the visitor chooses becomes the cover.
 */
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client/core';
import { Defer20220824Handler } from '@apollo/client/incremental';
import { RetryLink } from '@apollo/client/link/retry';
import type { Review } from '../reviews.ts';
import type { Book } from '../store.ts';

interface Shelf {
  readonly book: {
    readonly title: string;
    readonly author: string;
    readonly cover: string | null;
    readonly reviews: readonly Review[];
  };
}

const query: TypedDocumentNode<Shelf, Record<string, never>> = gql`
  query Shelf {
    book(id: "first") {
      id
      title
      author
      cover
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
  // Next.js serves GraphQL only on this path. The other examples serve it on every path.
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

function showCover(url: string | null = null): void {
  const image = document.createElement('img');
  image.alt = 'The cover';
  image.src = url ?? '';
  show('cover', ...(url === null ? [] : [image]));
}

/** Sends a GraphQL multipart request: https://github.com/jaydenseric/graphql-multipart-request-spec */
async function upload(file: File): Promise<void> {
  const mutation = 'mutation ($cover: Upload!) { setCover(id: "first", cover: $cover) { cover } }';
  const body = new FormData();
  body.set('operations', JSON.stringify({ query: mutation, variables: { cover: null } }));
  body.set('map', '{"0":["variables.cover"]}');
  body.set('0', file);
  const response = await fetch('/graphql', { method: 'POST', headers: { 'apollo-require-preflight': 'true' }, body });
  const { data, errors } = await response.json();
  show('status', errors?.[0].message ?? '');
  if (errors === undefined) showCover(data.setCover.cover);
}

document.querySelector('input')?.addEventListener('change', async ({ target }) => {
  const [file] = (target instanceof HTMLInputElement && target.files) || [];
  if (file !== undefined) await upload(file);
});

client.watchQuery({ query }).subscribe(({ data, dataState, error }) => {
  const isLoading = dataState === 'empty' && error === undefined;
  if (isLoading) return;
  document.body.hidden = false;
  show('title', data?.book?.title ?? 'No book');
  show('author', data?.book?.author ?? '');
  showCover(data?.book?.cover);
  show('reviews', ...(dataState === 'complete' ? data.book.reviews.map(quote) : []));
  document.getElementById('upload')?.toggleAttribute('hidden', dataState !== 'complete');
  show('status', error?.message ?? (dataState === 'complete' ? '' : 'The reviews are coming…'));
});

// Subscribes again when the subscription has ended because the server stopped or the connection was lost.
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
