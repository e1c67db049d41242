import { setTimeout as pause } from 'node:timers/promises';
import { attemptsInHand, type Fault, type Outcome, type Scene } from './fault.ts';
import type { FaultDeck } from './fault-deck.ts';

/** A fault that was made, and what became of it. */
export interface Injection extends Outcome {
  /** Counted from 1 in the order in which they were begun. */
  readonly number: number;
  readonly fault: string;
}

export interface InjectionPlan {
  readonly deck: FaultDeck;
  readonly quota: number;
  /** No fault is made after this. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

const LOOK_AGAIN_MS = 100;

/** What a run is given to recover before the next fault: so many chunks settled, or so much time. */
const RECOVERY = { settled: 2, ms: 6_000 } as const;

/** How often the next fault comes at once, on top of the one before. */
const AT_ONCE = 0.25;

/** Makes faults one after another, until there were enough, or the run or the time is over. */
export async function injectFaults(scene: Scene, plan: InjectionPlan): Promise<Injection[]> {
  const injections: Injection[] = [];
  const begun: Promise<void>[] = [];
  const inject = async (fault: Fault, number: number) => {
    const random = scene.random.fork(`${number} ${fault.name}`);
    const outcome = await fault.inject({ ...scene, random });
    injections.push({ number, fault: fault.name, ...outcome });
    const happened = outcome.happened ? 'happened' : 'DID NOT HAPPEN';
    const hit = outcome.hit ? ', hit work in progress' : '';
    plan.tell(`fault ${number}, ${fault.name}: ${happened}${hit} (${outcome.note})`);
  };
  for (let number = 1; number <= plan.quota; number += 1) {
    const fault = await nextFault(scene, { ...plan, number });
    if (fault === null) break;
    const made = inject(fault, number);
    begun.push(made);
    // Heard of at the end, where all of them are waited for.
    made.catch(() => {});
    if (fault.lasting !== true) await made;
    if (scene.random.next() >= AT_ONCE) await recovery(scene, plan);
  }
  await Promise.all(begun);
  return injections.sort((a, b) => a.number - b.number);
}

/** Waits for a moment that suits a fault of the deck. null where none comes any more. */
async function nextFault(
  scene: Scene,
  plan: InjectionPlan & { number: number },
): Promise<Fault | null> {
  for (;;) {
    plan.signal.throwIfAborted();
    const progress = await scene.progress();
    if (progress.state === 'done' || Date.now() > plan.deadlineMs) return null;
    scene.crew.replenish(progress.state);
    scene.pace.adjust({ chunks: progress.left, faults: plan.quota - plan.number + 1 });
    const working = progress.state === 'running' && (await attemptsInHand(scene)).length > 0;
    const fault = working ? plan.deck.draw(progress) : null;
    if (fault !== null) return fault;
    await pause(LOOK_AGAIN_MS);
  }
}

/** Waits until chunks were settled again, for a while. */
async function recovery(scene: Scene, { signal }: InjectionPlan): Promise<void> {
  const deadline = Date.now() + RECOVERY.ms;
  const wanted = (await scene.progress()).settled + RECOVERY.settled;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const { state, settled } = await scene.progress();
    if (state === 'done' || settled >= wanted) return;
    scene.crew.replenish(state);
    await pause(LOOK_AGAIN_MS);
  }
}
