/** A channel as the ship's data platform names it, and what its values are. */
export interface SampleChannel {
  readonly name: string;
  readonly format: 'Decimal' | 'Integer' | 'Boolean' | 'String';
}

export interface SampleGroup {
  readonly name: string;
  readonly title: string;
  readonly channels: readonly SampleChannel[];
}

/** How many channels each system group has in production. */
const SIZES = { auxiliary: 347, engine: 650, navigation: 40 } as const;

const PARTS = {
  auxiliary: ['boiler01', 'boiler02', 'bilge', 'ballast', 'compressor01', 'fresh_water', 'hvac'],
  engine: ['me01', 'me02', 'ge01', 'ge02', 'ge03', 'shaft', 'turbo01', 'turbo02'],
  navigation: ['gps', 'gyro', 'speed_log', 'echo_sounder', 'ecdis'],
} as const;

const PLACES = ['gas', 'lube_oil', 'cooling', 'fuel', 'exhaust', 'bearing', 'valve', 'pump'];
const SIDES = ['in_bar', 'out_bar', 'cyl', 'tank', 'line'];
const QUANTITIES = ['press', 'temp', 'flow', 'level', 'speed', 'load'];

const pick = (list: readonly string[], index: number): string => list[index % list.length] ?? '';

function channelOf(group: keyof typeof SIZES, index: number): SampleChannel {
  const part = pick(PARTS[group], index);
  const place = pick(PLACES, Math.floor(index / 3));
  const side = pick(SIDES, Math.floor(index / 5));
  const quantity = pick(QUANTITIES, Math.floor(index / 7));
  // Empty path segments occur in production, so they occur here.
  const name = `/hs4sd_v1/${part}//${place}//${side}_${index + 1}/${quantity}`;
  const kind = index % 20;
  if (kind === 7) return { name, format: 'Boolean' };
  if (kind === 8) return { name, format: 'String' };
  return { name, format: kind === 5 || kind === 6 ? 'Integer' : 'Decimal' };
}

/** The three system groups: 1 auxiliary systems, 2 engine and generators, 3 navigation and ship. */
export const SAMPLE_GROUPS: readonly SampleGroup[] = [
  { name: '1', title: 'auxiliary systems', group: 'auxiliary' as const },
  { name: '2', title: 'engine and generators', group: 'engine' as const },
  { name: '3', title: 'navigation and ship', group: 'navigation' as const },
].map(({ name, title, group }) => ({
  name,
  title,
  channels: Array.from({ length: SIZES[group] }, (_, index) => channelOf(group, index)),
}));
