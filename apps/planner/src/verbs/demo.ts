import { Command } from 'commander';
import type { MakeVerb } from './verb.ts';

export const demoVerb: MakeVerb = (verb) => new Command('demo').action(verb(async () => 0));
