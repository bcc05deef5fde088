export default async function HomePage() {
  return <h1>Waku</h1>;
}

export const getConfig = async () => ({ render: 'static' }) as const;
