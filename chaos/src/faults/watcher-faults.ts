import { setTimeout as pause } from 'node:timers/promises';
import { attemptsInHand, type Fault, NOBODY_THERE } from '../fault.ts';
import { isStopped } from '../process-state.ts';

/** Longer than the lease of whoever plans and feeds, 5 s. */
const BEYOND_LEASE_MS = 8_000;

const killWatcher: Fault = {
  name: 'SIGKILL the watcher, resume',
  async inject(scene) {
    const { crew, random } = scene;
    const { watcher } = crew;
    if (watcher === null) return NOBODY_THERE;
    const inHand = await attemptsInHand(scene);
    watcher.signal('SIGKILL');
    const code = await watcher.ended;
    // The workers are alone for a while.
    await pause(random.between(0, 3_000));
    crew.replenish((await scene.progress()).state);
    return { happened: code === 'SIGKILL', hit: inHand.length > 0, note: watcher.name };
  },
};

const freezeWatcher: Fault = {
  name: 'freeze the watcher beyond its lease',
  lasting: true,
  async inject(scene) {
    const { watcher } = scene.crew;
    if (watcher === null || watcher.frozen) return NOBODY_THERE;
    watcher.signal('SIGSTOP');
    const inHand = await attemptsInHand(scene);
    await pause(BEYOND_LEASE_MS);
    const stopped = isStopped(watcher);
    watcher.signal('SIGCONT');
    return { happened: stopped, hit: inHand.length > 0, note: watcher.name };
  },
};

/** As when the machine of all of them fails; the queue goes with it. */
const killAll: Fault = {
  name: 'SIGKILL all processes, FLUSHALL',
  async inject(scene) {
    const { crew, field } = scene;
    const inHand = await attemptsInHand(scene);
    const all = crew.processes.filter((one) => one.code === null);
    for (const one of all) one.signal('SIGKILL');
    const codes = await Promise.all(all.map((one) => one.ended));
    await field.queue.admin.flushall();
    const killed = codes.filter((code) => code === 'SIGKILL').length;
    const note = `${killed} killed`;
    return { happened: killed > 0, hit: inHand.length > 0, note };
  },
};

export const WATCHER_FAULTS = [killWatcher, freezeWatcher, killAll];
