/**
 * A bookshelf that anyone may add to. `@defer` and `@stream` are declared because graphql 16 does not know them. A cache
 * may keep a book for a minute, but no data about the visitor.
 */
export const typeDefs: string = `#graphql
  directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  directive @stream(label: String, if: Boolean! = true, initialCount: Int! = 0) on FIELD

  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT
  enum CacheControlScope { PUBLIC PRIVATE }

  scalar Upload

  type Query {
    "Every book on the shelf, by title."
    books: [Book!]! @cacheControl(maxAge: 60)
    book(id: ID!): Book @cacheControl(maxAge: 60)
    "The name the request was sent with, and how often this browser has been here."
    visitor: Visitor!
  }

  type Mutation {
    addBook(title: String!, author: String!): Book!
    "A PNG or a JPEG of at most 200,000 bytes."
    setCover(id: ID!, cover: Upload!): Book!
  }

  type Subscription {
    "Every book that is put on the shelf from now on."
    bookAdded: Book!
  }

  type Book {
    id: ID!
    title: String!
    author: String!
    addedBy: String!
    "The picture, as a data URL."
    cover: String
    "What the critics say. They take about a second in all: a field worth @defer, or @stream."
    reviews: [Review!]!
  }

  type Review {
    critic: String!
    text: String!
  }

  type Visitor {
    name: String!
    visits: Int!
  }
`;
