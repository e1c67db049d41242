/** `${NAME}`; written `$${NAME}` it stands for itself. */
const REFERENCE = /\$(\$)?\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Replaces references by values of the environment; names that have none are reported. */
export function interpolate(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (name: string) => void,
): string {
  return text.replace(REFERENCE, (whole, escaped: string | undefined, name: string) => {
    if (escaped !== undefined) return whole.slice(1);
    const value = environment[name];
    if (value === undefined) onMissing(name);
    return value ?? '';
  });
}

/** Whether a text has a secret written out: a password of its own, or one inside an address. */
export function holdsSecret(key: string | undefined, text: string): boolean {
  const open = text.replace(REFERENCE, '');
  if (key === 'password') return open !== '';
  const password = /^[a-z+]+:\/\/[^/?#@]*?:([^/?#]*)@/i.exec(text)?.[1] ?? '';
  const parameter = /[?&]password=([^&]*)/i.exec(text)?.[1] ?? '';
  return (password + parameter).replace(REFERENCE, '') !== '';
}
