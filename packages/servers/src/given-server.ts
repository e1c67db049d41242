/** Names a server that was given by URL, without the user and password that the URL may hold. */
export function givenOrigin(name: string, url: string, source: string): string {
  const host = URL.canParse(url) ? new URL(url).host : '';
  return host === '' ? `${name} of ${source}` : `${name} of ${source}, ${host}`;
}

/** The `restart` of a server that is not ours to restart. */
export function refuseRestart(name: string, source: string): () => Promise<never> {
  return async () => {
    throw new Error(`${name} comes from ${source}: only a server started here can be restarted`);
  };
}
