/** The page: a book at once, its reviews when the critics are done. */
import { ApolloClient, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from '@apollo/client/core';
import { Defer20220824Handler } from '@apollo/client/incremental';

interface Review {
  readonly critic: string;
  readonly text: string;
}

interface BookPage {
  readonly book: { readonly title: string; readonly author: string; readonly reviews: readonly Review[] };
}

const query: TypedDocumentNode<BookPage, Record<string, never>> = gql`
  query BookPage {
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

const client = new ApolloClient({
  link: new HttpLink({ uri: '/' }),
  cache: new InMemoryCache(),
  incrementalHandler: new Defer20220824Handler(),
});

function element<K extends keyof HTMLElementTagNameMap>(name: K, text: string, className = '') {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

function show(id: string, ...children: (Node | string)[]): void {
  document.getElementById(id)?.replaceChildren(...children);
}

client.watchQuery({ query }).subscribe(({ data }) => {
  if (data?.book?.title === undefined) return;
  const { title, author = '', reviews } = data.book;
  show('title', title);
  show('author', author);
  show(
    'reviews',
    ...(reviews?.map((review) => {
      const item = element('li', review?.text ?? '');
      item.append(element('cite', review?.critic ?? ''));
      return item;
    }) ?? Array.from({ length: 3 }, () => element('li', '', 'waiting'))),
  );
  // The moment the browser has painted it.
  requestAnimationFrame(() => setTimeout(() => performance.mark(reviews === undefined ? 'book' : 'reviews')));
});
