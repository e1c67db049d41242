import type { Finding } from '@drover/core';
import { inspectQueue } from '@drover/queue';
import { collectFindings } from '../collect-findings.ts';
import { findingsText } from '../views/findings.ts';
import { plural } from '../views/plural.ts';
import type { Section } from './section.ts';

export const serversSection: Section = {
  title: 'Servers',
  holds: 'whether source, target and queue answer',
  async fill(context) {
    const { loaded, pipeline } = context.view();
    const [outages, queue] = await Promise.all([pipeline.probe(), inspectQueue(loaded.spec.queue)]);
    const silent = [
      ...outages.map(({ store, code, reason }) => `${store}: ${code}: ${reason}`),
      ...queue.filter(isError).map(({ subject, reason }) => `${subject}: ${reason}`),
    ];
    if (silent.length === 0)
      return { summary: 'all answer', text: 'Source, target and queue answer.' };
    return { summary: `${plural(silent.length, 'store')} cannot be used`, text: silent.join('\n') };
  },
};

export const findingsSection: Section = {
  title: 'Findings of `drover check`',
  holds: 'versions of the servers, and what would go wrong',
  async fill(context) {
    const findings = await collectFindings(context.view(), { attemptsAtOnce: 1, options: {} });
    const text = findingsText(findings);
    return { summary: text.slice(text.lastIndexOf('\n') + 1), text };
  },
};

const isError = ({ level }: Finding) => level === 'error';
