/** The page as one HTML document, its script inlined. `scripts/page.ts` writes the module. */
export const html: string;
