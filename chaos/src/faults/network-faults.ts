import { setTimeout as pause } from 'node:timers/promises';
import { attemptsInHand, counted, type Fault } from '../fault.ts';
import type { Field } from '../field.ts';
import type { Line } from '../line.ts';

interface Way {
  readonly name: string;
  readonly line: (field: Field) => Line;
}

const WAYS: readonly Way[] = [
  { name: 'source', line: (field) => field.source.line },
  { name: 'target', line: (field) => field.target.line },
  { name: 'Redis', line: (field) => field.queue.line },
];

function cut({ name, line }: Way): Fault {
  return {
    name: `cut the line to the ${name}`,
    async inject(scene) {
      const inHand = await attemptsInHand(scene);
      const broken = line(scene.field).cut();
      return { happened: broken > 0, hit: inHand.length > 0, note: counted(broken, 'connection') };
    },
  };
}

function slow({ name, line }: Way): Fault {
  return {
    name: `slow the line to the ${name}`,
    async inject(scene) {
      const { field, random, pace } = scene;
      const [inHand, open] = [await attemptsInHand(scene), line(field).connections];
      const [sliceMs, forMs] = [random.between(100, 600), random.between(2_000, 6_000)];
      line(field).slow(sliceMs);
      await pause(forMs);
      // What has no pace of its own, and then what has.
      line(field).slow(0);
      pace.apply();
      const note = `${sliceMs} ms more for ${forMs} ms, ${counted(open, 'connection')}`;
      return { happened: open > 0, hit: inHand.length > 0, note };
    },
  };
}

function silence({ name, line }: Way): Fault {
  return {
    name: `silence the line to the ${name}, then cut it`,
    async inject(scene) {
      const inHand = await attemptsInHand(scene);
      const forMs = scene.random.between(2_000, 12_000);
      line(scene.field).silence();
      await pause(forMs);
      const broken = line(scene.field).cut();
      await line(scene.field).restore();
      const note = `for ${forMs} ms, ${counted(broken, 'connection')}`;
      return { happened: broken > 0, hit: inHand.length > 0, note };
    },
  };
}

function refuse({ name, line }: Way): Fault {
  return {
    name: `cut the line to the ${name}, refuse new connections`,
    async inject(scene) {
      const inHand = await attemptsInHand(scene);
      const forMs = scene.random.between(1_000, 6_000);
      line(scene.field).refuse();
      const broken = line(scene.field).cut();
      await pause(forMs);
      await line(scene.field).restore();
      const note = `for ${forMs} ms, ${counted(broken, 'connection')}`;
      return { happened: broken > 0, hit: inHand.length > 0, note };
    },
  };
}

export const NETWORK_FAULTS = WAYS.flatMap((way) => [
  cut(way),
  slow(way),
  silence(way),
  refuse(way),
]);
