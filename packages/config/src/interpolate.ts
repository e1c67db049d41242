import type { Environment } from './environment.ts';

/** Anything that looks like `${NAME}`; with a second dollar before it, it stands for itself. */
const REFERENCE = /\$(\$)?\{([^}]*)\}/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Replaces references by values of the environment, and says what is wrong with the others. */
export function interpolate(
  text: string,
  environment: Environment,
  onFault: (fault: string) => void,
): string {
  return text.replace(REFERENCE, (whole, escaped: string | undefined, name: string) => {
    if (escaped !== undefined) return whole.slice(1);
    if (!NAME.test(name)) {
      onFault(
        `${whole} is no reference; write \${NAME} with letters, digits and _, or $${whole} for the text itself`,
      );
      return whole;
    }
    const value = environment[name];
    if (value === undefined) {
      onFault(
        `the environment has no ${name}; set it, or write it into a .env file beside the migration file`,
      );
    }
    return value ?? whole;
  });
}

/** Whether a text has a secret written out: a password of its own, or one inside an address. */
export function holdsSecret(key: string | undefined, text: string): boolean {
  const open = text.replace(REFERENCE, (whole, escaped: string | undefined) =>
    escaped === undefined ? '' : whole,
  );
  return key === 'password' ? open !== '' : passwordsOf(open).some((password) => password !== '');
}

/** An unescaped `/`, `?` or `#` in a password ends the authority too early: it is taken for one all the same. */
function passwordsOf(address: string): string[] {
  const inAuthority = /^[a-z+]+:\/\/[^/?#@:]*:([^/?#]*)@/i.exec(address)?.[1] ?? '';
  const beyond =
    /^[a-z+]+:\/\/[^/?#@:]*:(?!\d*(?:\/[^@?#]*)?(?:\?[\w.]+=.*)?$)(.*)@/is.exec(address)?.[1] ?? '';
  const parameters = [...address.matchAll(/[?&][a-z]*password=([^&]*)/gi)];
  return [inAuthority, beyond, ...parameters.map((match) => match[1] ?? '')];
}
