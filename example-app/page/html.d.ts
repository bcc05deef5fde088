/** The page as one HTML document with an inline script. `scripts/page.ts` writes the module. */
export const html: string;
